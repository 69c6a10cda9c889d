-- Phones are heard by the phone service.
bluez_monitor.enabled = false
