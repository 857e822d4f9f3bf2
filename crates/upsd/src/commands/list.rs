//! LIST: frames with rows between them.

use super::Answered;
use crate::ready::Kept;
use crate::state::State;
use nut_proto::reply::Reply;
use nut_proto::request::List;

impl State {
    /// Answers LIST. The three long lists come ready-made from the mirror.
    pub(super) fn list(&mut self, list: List<'_>, out: &mut Vec<u8>) -> Answered {
        match list {
            List::Var { ups } => self.kept(Kept::Var, ups, out),
            List::Rw { ups } => self.kept(Kept::Rw, ups, out),
            List::Cmd { ups } => self.kept(Kept::Cmd, ups, out),
            _ => self.rows(list, out),
        }
    }

    fn kept(&mut self, kept: Kept, ups: &str, out: &mut Vec<u8>) -> Answered {
        self.devices.available_mut(ups)?.list(kept, ups, out);
        Ok(())
    }

    fn rows(&self, list: List<'_>, out: &mut Vec<u8>) -> Answered {
        let start = out.len();
        Reply::Begin(list).write_to(out);
        let written = match list {
            List::Client { ups } => self.client_rows(ups, out),
            List::Enum { ups, var } => self.enum_rows(ups, var, out),
            List::Range { ups, var } => self.range_rows(ups, var, out),
            _ => self.ups_rows(out),
        };
        match written {
            Ok(()) => Reply::End(list).write_to(out),
            // An error stands in the place of the whole list.
            Err(_) => out.truncate(start),
        }
        written
    }

    fn ups_rows(&self, out: &mut Vec<u8>) -> Answered {
        for mirror in self.devices.iter() {
            let text = mirror.device.desc.as_deref().unwrap_or("Description unavailable");
            Reply::Ups { ups: &mirror.device.name, text }.write_to(out);
        }
        Ok(())
    }

    fn client_rows(&self, ups: &str, out: &mut Vec<u8>) -> Answered {
        let mirror = self.devices.find(ups)?;
        for (_, address) in mirror.logins() {
            Reply::Client { ups: &mirror.device.name, address }.write_to(out);
        }
        Ok(())
    }

    fn enum_rows(&self, ups: &str, var: &str, out: &mut Vec<u8>) -> Answered {
        for value in &self.devices.available(ups)?.variable(var)?.enums {
            Reply::Enum { ups, var, value }.write_to(out);
        }
        Ok(())
    }

    fn range_rows(&self, ups: &str, var: &str, out: &mut Vec<u8>) -> Answered {
        for &range in &self.devices.available(ups)?.variable(var)?.ranges {
            Reply::Range { ups, var, range }.write_to(out);
        }
        Ok(())
    }
}
