"""A virtual USB UPS (HID Power Device class), served to QEMU over usbredir.

hid: report descriptors; device: the USB device and its faults; usbredir: the way into the guest;
control: what a test does to the device while it runs, with its client. Standard library only."""
