-- The machine's own sound: no session's bus to reserve devices on, no flatpak, no music keyboard, and cameras are the camera's program's.
alsa_monitor.properties["alsa.reserve"] = false
alsa_monitor.properties["alsa.midi"] = false
default_access.properties["enable-flatpak-portal"] = false
v4l2_monitor.enabled = false
libcamera_monitor.enabled = false
-- How loud it is, the player and the car's amplifier say: what a desktop begins with is a sixteenth of it.
device_defaults.properties["default-volume"] = 1.0
