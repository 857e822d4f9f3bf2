//! SET VAR and INSTCMD: what clients want done, handed to the driver.
//!
//! OK means that the driver was told; what it made of it is told by tracking.

use super::{Answered, reply};
use crate::action::{Level, UpsId};
use crate::client::Client;
use crate::state::{NotSent, State};
use crate::users::Permission;
use nut_proto::driver::Request;
use nut_proto::error::ErrorToken;
use nut_proto::reply::Reply;
use nut_proto::variable::{Range, Variable};

impl State {
    /// SET VAR; the order of checks is NUT 2.8.5's.
    pub(super) fn set_var(
        &mut self,
        client: &Client,
        ups: &str,
        var: &str,
        value: &str,
        out: &mut Vec<u8>,
    ) -> Answered {
        self.devices.available(ups)?;
        self.permit(client, Permission::Set)?;
        let mirror = self.devices.available(ups)?;
        let (id, ups) = (mirror.id, mirror.device.name.clone());
        if let Err(unfit) = check_value(mirror.variable(var)?, value) {
            if unfit == ErrorToken::SetFailed {
                self.log(Level::Notice, format!("UPS [{ups}]: auxdata for {var} is invalid"));
            }
            return Err(unfit);
        }
        let failed = |NotSent| ErrorToken::SetFailed;
        let tracking = self.tracking_id(client).map_err(failed)?;
        let request =
            Request::Set { name: var.into(), value: value.into(), tracking: tracking.clone() };
        let done = format!("Set variable: {} set {var} on {ups} to {value}", client.name());
        self.hand_over(id, &request, &done, tracking.as_deref()).map_err(failed)?;
        self.accepted(tracking, out)
    }

    /// INSTCMD; whether the command exists is asked before whether the user may run it (NUT 2.8.5).
    pub(super) fn inst_cmd(
        &mut self,
        client: &Client,
        ups: &str,
        cmd: &str,
        param: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Answered {
        let mirror = self.devices.available(ups)?;
        let (id, ups) = (mirror.id, mirror.device.name.clone());
        if !mirror.has_command(cmd) {
            return Err(ErrorToken::CmdNotSupported);
        }
        let (user, password) = client.credentials();
        let permitted = self.users.permit_command(user, password, cmd);
        permitted.map_err(|why| self.refuse(client, &format!("INSTCMD {cmd}"), why))?;
        let failed = |NotSent| ErrorToken::InstCmdFailed;
        let tracking = self.tracking_id(client).map_err(failed)?;
        let param = param.map(str::to_owned);
        let with = param.as_ref().map(|value| format!(" with value {value}")).unwrap_or_default();
        let request = Request::InstCmd { name: cmd.into(), param, tracking: tracking.clone() };
        let done = format!("Instant command: {} did {cmd}{with} on {ups}", client.name());
        self.hand_over(id, &request, &done, tracking.as_deref()).map_err(failed)?;
        self.accepted(tracking, out)
    }

    /// Sends a request to the driver and tells the log who did what.
    fn hand_over(
        &mut self,
        ups: UpsId,
        request: &Request,
        done: &str,
        tracking: Option<&str>,
    ) -> Result<(), NotSent> {
        let sent = self.send_driver(ups, request);
        let text = match sent {
            Ok(()) => format!("{done} (tracking ID: {})", tracking.unwrap_or("disabled")),
            Err(NotSent) => "Set command send failed".to_owned(),
        };
        self.log(Level::Info, text);
        sent
    }

    fn accepted(&mut self, tracking: Option<String>, out: &mut Vec<u8>) -> Answered {
        let Some(id) = tracking else { return reply(out, Reply::Ok) };
        self.tracking.begin(self.now, &id);
        reply(out, Reply::Accepted { id: &id })
    }
}

/// Whether a value fits a variable: writable, length, enumeration, ranges, in this order.
fn check_value(variable: &Variable, value: &str) -> Answered {
    if !variable.flags.rw {
        return Err(ErrorToken::ReadOnly);
    }
    if variable.flags.string {
        let longest = usize::try_from(variable.aux).unwrap_or(0);
        if longest < 1 {
            return Err(ErrorToken::SetFailed);
        }
        if value.len() > longest {
            return Err(ErrorToken::TooLong);
        }
    }
    let listed = variable.enums.is_empty() || variable.enums.iter().any(|v| v == value);
    let inside = variable.ranges.is_empty() || in_a_range(&variable.ranges, value);
    if listed && inside { Ok(()) } else { Err(ErrorToken::InvalidValue) }
}

/// The whole value must be a number inside a range. NUT 2.8.5 looks at the leading whole number
/// only: there `115xyz` fits 110..120, `120.9` too, and `abc` counts as 0.
fn in_a_range(ranges: &[Range], value: &str) -> bool {
    let Ok(number) = value.trim().parse::<f64>() else { return false };
    ranges.iter().any(|range| range.min as f64 <= number && number <= range.max as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nut_proto::variable::Flags;

    #[test]
    fn ranges_want_numbers_whole_or_not() {
        let ranges = [Range { min: 80, max: 100 }, Range { min: -5, max: -1 }];
        for (value, fits) in [
            ("80", true),
            ("100", true),
            ("80.9", true),
            ("-5", true),
            ("100.1", false),
            ("0", false),
            ("90x", false),
            ("abc", false),
            ("", false),
            ("nan", false),
            ("inf", false),
        ] {
            assert_eq!(in_a_range(&ranges, value), fits, "{value}");
        }
    }

    #[test]
    fn values_are_checked_in_order() {
        let mut variable = Variable { flags: Flags::RW_STRING, ..Variable::default() };
        assert_eq!(check_value(&Variable::default(), "x"), Err(ErrorToken::ReadOnly));
        assert_eq!(check_value(&variable, "x"), Err(ErrorToken::SetFailed));
        variable.aux = 3;
        variable.enums = vec!["a\"b".into()];
        assert_eq!(check_value(&variable, "long"), Err(ErrorToken::TooLong));
        assert_eq!(check_value(&variable, "A\"b"), Err(ErrorToken::InvalidValue));
        assert_eq!(check_value(&variable, "a\"b"), Ok(()));
    }
}
