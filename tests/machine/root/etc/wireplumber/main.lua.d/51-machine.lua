-- The machine's own sound: no session's bus to reserve devices on, no flatpak, no music keyboard, and cameras are the camera's program's.
alsa_monitor.properties["alsa.reserve"] = false
alsa_monitor.properties["alsa.midi"] = false
default_access.properties["enable-flatpak-portal"] = false
v4l2_monitor.enabled = false
libcamera_monitor.enabled = false
