//! The options of `usbhid-ups`: names and kinds.
//!
//! Knows what may be given in ups.conf or by `-x`, with the line `-h` shows for it. What they mean is
//! for `settings`. The names are NUT 2.8.5's; `transport`,
//! `onlinedischarge_battery` and the last four are Walnut's.

use upsdrv::OptionSpec;

const fn value(name: &'static str, help: &'static str) -> OptionSpec {
    OptionSpec::value(name, help)
}

const fn flag(name: &'static str, help: &'static str) -> OptionSpec {
    OptionSpec::flag(name, help)
}

/// All of them, in the order of `-h`.
pub const OPTIONS: &[OptionSpec] = &[
    value("lowbatt", "Low battery threshold in percent, as published (device: unchanged)"),
    value("offdelay", "Seconds before the load is switched off (default 20, CPS 60)"),
    value("ondelay", "Seconds before the load is switched on (default 30, CPS 120)"),
    value("pollfreq", "Seconds between two full updates (default 30, CPS 12)"),
    flag("pollonly", "Do not use the interrupt pipe, only ask"),
    value(
        "interrupt_pipe_no_events_tolerance",
        "Reconnect after more rounds without an event (-1: never)",
    ),
    flag("interruptonly", "Use the interrupt pipe only, never ask"),
    value("interruptsize", "Most bytes taken of an interrupt report"),
    flag("maxreport", "Ask for reports with a fixed size"),
    flag("onlinedischarge", "Old name of onlinedischarge_onbattery"),
    flag("onlinedischarge_onbattery", "Take online and discharging for on battery"),
    flag("onlinedischarge_battery", "Another name of onlinedischarge_onbattery"),
    flag("onlinedischarge_calibration", "Take online and discharging for a calibration"),
    value(
        "onlinedischarge_log_throttle_sec",
        "Seconds between two log lines about online and discharging",
    ),
    value(
        "onlinedischarge_log_throttle_hovercharge",
        "Charge in percent from which on no such line is needed",
    ),
    value(
        "lbrb_log_delay_sec",
        "Seconds for which low and replace battery are held back when calibrating",
    ),
    flag("lbrb_log_delay_without_calibrating", "Hold them back whenever online"),
    flag("disable_fix_report_desc", "Use report descriptors as they are, known mistakes included"),
    flag("powercom_sdcmd_byte_order_fallback", "Powercom: old byte order of shutdown commands"),
    flag("powercom_sdcmd_discrete_delay", "Powercom: send shutdown delays as table indices"),
    flag("explore", "Accept any device with this vendorid, for writing a map"),
    value("vendorid", "Vendor id: a pattern for four hex digits"),
    value("productid", "Product id: a pattern; lets unknown products of known makers in"),
    value("vendor", "Pattern for the manufacturer string"),
    value("product", "Pattern for the product string"),
    value("serial", "Pattern for the serial number"),
    value("bus", "Pattern for the bus number, three digits"),
    value("device", "Pattern for the device address, three digits"),
    value("busport", "Pattern for the port number, three digits"),
    value("subdriver", "Name of the device map to use, or a pattern for it"),
    flag("allow_duplicates", "transport=usb: pass over a UPS that somebody else has claimed"),
    value("waitbeforereconnect", "Seconds between a loss and the first attempt to reconnect"),
    value("transport", "The way to the device: auto (default), hidraw or usb"),
    value(
        "usb_set_altinterface",
        "transport=usb: alternate setting to choose (0 without a number)",
    ),
    value("usb_config_index", "transport=usb: index of the configuration, hexadecimal"),
    value("usb_hid_rep_index", "Number of the HID interface, hexadecimal"),
    value("usb_hid_desc_index", "transport=usb: index of the HID descriptor, hexadecimal"),
    value("usb_hid_ep_in", "transport=usb: number of the interrupt endpoint, hexadecimal"),
    value("usb_hid_ep_out", "Accepted; no output reports are sent"),
    flag("winhid", "Accepted; for Windows only"),
    value("record", "Write a recording of the device to this file, then go on"),
    flag("record_serial", "Keep the serial number in the recording"),
    value("replay", "Run from a recording in place of a device (also: port = replay:FILE)"),
    value("replay_writes", "Append what is written to the replayed device to this file"),
];
