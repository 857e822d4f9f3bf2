//! Which addresses to ask: `-s`, `-e` and `-m` in the order of the command line.
//!
//! Knows how single ends, pairs and masks become ranges (NUT 2.8.5), and the subnets this machine is
//! on, from the kernel's tables. Looking names up is the caller's business. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One of the options, with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// `-s`: the first address of a range.
    Start(String),
    /// `-e`: the last one.
    End(String),
    /// `-m`: an address and the length of its network part.
    Mask(String),
}

/// Addresses from the first to the last one, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    first: u128,
    last: u128,
    v6: bool,
}

impl Range {
    /// From one end to the other, in either order; none if they are of different families.
    pub fn between(a: IpAddr, b: IpAddr) -> Option<Range> {
        let (one, other) = (number(a), number(b));
        let (first, last) = (one.min(other), one.max(other));
        (a.is_ipv6() == b.is_ipv6()).then_some(Range { first, last, v6: a.is_ipv6() })
    }

    /// The network of this address; none if the length is too great.
    pub fn network(address: IpAddr, length: u32) -> Option<Range> {
        let width: u32 = if address.is_ipv6() { 128 } else { 32 };
        let free = width.checked_sub(length)?;
        let rest = 1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
        let first = number(address) & !rest;
        Some(Range { first, last: first | rest, v6: address.is_ipv6() })
    }

    /// Every address of the range.
    pub fn addresses(self) -> impl Iterator<Item = IpAddr> {
        let address = move |n: u128| match self.v6 {
            true => IpAddr::V6(Ipv6Addr::from(n)),
            false => IpAddr::V4(Ipv4Addr::from(n as u32)),
        };
        (self.first..=self.last).map(address)
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u32::from(v4).into(),
        IpAddr::V6(v6) => v6.into(),
    }
}

/// What the options ask for, in order: a pair of ends, one end alone, or a mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A range by its ends, or one host.
    Ends(String, Option<String>),
    /// A network by mask.
    Mask(String),
}

/// Puts ends together that follow each other; any other end stands alone.
pub fn wishes(words: &[Word]) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        wishes.push(match (word, rest.peek()) {
            (Word::Mask(mask), _) => Wish::Mask(mask.clone()),
            (Word::Start(a), Some(Word::End(b))) | (Word::End(a), Some(Word::Start(b))) => {
                rest.next();
                Wish::Ends(a.clone(), Some(b.clone()))
            }
            (Word::Start(a) | Word::End(a), _) => Wish::Ends(a.clone(), None),
        });
    }
    wishes
}

/// An address without the brackets around IPv6.
pub fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host)
}

/// The address and the length of `192.168.0.0/24`, `192.168.0.0/255.255.255.0` or `[fe80::]/120`.
pub fn mask(text: &str) -> Option<(&str, u32)> {
    let (host, mask) = text.rsplit_once('/')?;
    let length = match mask.parse::<Ipv4Addr>() {
        Ok(dotted) => u32::from(dotted).leading_ones(),
        Err(_) => mask.parse().ok()?,
    };
    Some((bare(host), length))
}

/// The subnets that `auto`, `auto4` or `auto6` stand for, with at most `/N` bits for hosts (8); none
/// if the text is none of these. `route` and `if_inet6` are the kernel's tables of these names.
pub fn own_subnets(text: &str, route: &str, if_inet6: &str) -> Option<Vec<Range>> {
    let (word, bits) = text.split_once('/').unwrap_or((text, "8"));
    let bits: u32 = bits.parse().ok()?;
    let (v4, v6) = match word {
        "auto" => (true, true),
        "auto4" => (true, false),
        "auto6" => (false, true),
        _ => return None,
    };
    let mut ranges: Vec<Range> = Vec::new();
    let fourth = route.lines().filter_map(|line| route_v4(line, bits)).filter(|_| v4);
    let sixth = if_inet6.lines().filter_map(|line| address_v6(line, bits)).filter(|_| v6);
    for range in fourth.chain(sixth) {
        if !ranges.contains(&range) {
            ranges.push(range);
        }
    }
    Some(ranges)
}

/// A line of `/proc/net/route`: a network without a gateway is one we are on.
fn route_v4(line: &str, bits: u32) -> Option<Range> {
    let cells: Vec<&str> = line.split_whitespace().collect();
    let [_, network, "00000000", _, _, _, _, mask, ..] = cells.as_slice() else { return None };
    let number = |hex: &str| u32::from_str_radix(hex, 16).ok().map(u32::swap_bytes);
    let (network, length) = (number(network)?, number(mask)?.leading_ones());
    let small = length > 0 && 32 - length <= bits;
    small.then(|| Range::network(Ipv4Addr::from(network).into(), length)).flatten()
}

/// A line of `/proc/net/if_inet6`: address, interface, length of the network part ...
fn address_v6(line: &str, bits: u32) -> Option<Range> {
    let cells: Vec<&str> = line.split_whitespace().collect();
    let [address, _, length, _, _, interface] = cells.as_slice() else { return None };
    let address = u128::from_str_radix(address, 16).ok()?;
    let length = u32::from_str_radix(length, 16).ok()?;
    let small = *interface != "lo" && 128_u32.checked_sub(length)? <= bits;
    small.then(|| Range::network(Ipv6Addr::from(address).into(), length)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(range: Range) -> Vec<String> {
        range.addresses().map(|a| a.to_string()).collect()
    }

    #[test]
    fn ends_that_follow_each_other_are_a_range() {
        let (s, e) = (|t: &str| Word::Start(t.into()), |t: &str| Word::End(t.into()));
        let ends = |a: &str, b: Option<&str>| Wish::Ends(a.into(), b.map(Into::into));
        for (words, wanted) in [
            (vec![s("1"), e("2"), e("3")], vec![ends("1", Some("2")), ends("3", None)]),
            (vec![e("2"), s("1")], vec![ends("2", Some("1"))]),
            (vec![s("1"), s("2"), e("3")], vec![ends("1", None), ends("2", Some("3"))]),
            (
                vec![s("1"), Word::Mask("m".into()), e("2")],
                vec![ends("1", None), Wish::Mask("m".into()), ends("2", None)],
            ),
        ] {
            assert_eq!(wishes(&words), wanted);
        }
    }

    #[test]
    fn ranges_hold_both_ends_in_either_order() {
        let ip = |text: &str| text.parse().unwrap();
        let range = Range::between(ip("10.0.0.2"), ip("10.0.0.1")).unwrap();
        assert_eq!(texts(range), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(Range::between(ip("10.0.0.2"), ip("::1")), None);
        assert_eq!(texts(Range::network(ip("10.0.0.7"), 31).unwrap()), ["10.0.0.6", "10.0.0.7"]);
        assert_eq!(texts(Range::network(ip("fe80::1"), 127).unwrap()), ["fe80::", "fe80::1"]);
        assert_eq!(Range::network(ip("10.0.0.7"), 33), None);
        assert_eq!(Range::network(ip("::"), 0).unwrap().last, u128::MAX);
    }

    #[test]
    fn masks_in_all_forms() {
        assert_eq!(mask("192.168.0.0/24"), Some(("192.168.0.0", 24)));
        assert_eq!(mask("192.168.0.0/255.255.255.0"), Some(("192.168.0.0", 24)));
        assert_eq!(mask("[fe80::]/120"), Some(("fe80::", 120)));
        assert_eq!((mask("192.168.0.0"), mask("a/b")), (None, None));
    }

    #[test]
    fn own_subnets_are_the_small_ones_without_a_gateway() {
        let route = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n\
                     eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\n\
                     eth0\t0002A8C0\t00000000\t0001\t0\t0\t0\tFCFFFFFF\t0\n\
                     eth1\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\n";
        let inet6 = "fe800000000000000000000000000010 02 7f 20 80 eth0\n\
                     00000000000000000000000000000001 01 80 10 80 lo\n";
        let found = |text| {
            own_subnets(text, route, inet6)
                .map(|f| f.into_iter().flat_map(texts).collect::<Vec<_>>())
        };
        let v4 = ["192.168.2.0", "192.168.2.1", "192.168.2.2", "192.168.2.3"];
        assert_eq!(found("auto4").unwrap(), v4);
        assert_eq!(found("auto6").unwrap(), ["fe80::10", "fe80::11"]);
        assert_eq!(found("auto").unwrap().len(), 6);
        assert_eq!(found("auto/1").unwrap().len(), 2);
        assert_eq!(found("10.0.0.0/8"), None);
    }
}
