//! The line grammar as a client meets it: quotes, escapes, junk, long lines, parse errors.

use nut_compliance::device::Device;
use nut_compliance::house::House;

#[test]
fn quotes_and_escapes() {
    House::usual().talk().says(
        r#"
        > GET "VAR" "u" "ups.mfr"
        < VAR u ups.mfr "ACME"
        > "GET""VAR""u""ups.mfr"
        < VAR u ups.mfr "ACME"
        > GET VAR\ u ups.mfr
        < ERR INVALID-ARGUMENT
        > GET VAR u u\p\s.mfr
        < VAR u ups.mfr "ACME"
        > GET VAR u ups"mfr
        < ERR VAR-NOT-SUPPORTED
        > GET{x09}VAR{x0b}u{x0c}ups.mfr{x0d}
        < VAR u ups.mfr "ACME"
        > GET VAR u ups.mfr# a remark
        < VAR u ups.mfr "ACME"
        > 'NETVER'
        < ERR UNKNOWN-COMMAND
        "#,
    );
}

#[test]
fn a_word_that_goes_on_in_the_next_line() {
    House::usual().talk().says(
        r#"
        > GET VAR u ups.\
        > mfr
        < VAR u ups.mfr "ACME"
        > NET\
        > VER
        < 1.3
        > GET VAR u "ups
        > .mfr"
        < VAR u ups.mfr "ACME"
        "#,
    );
}

#[test]
fn an_open_quote_swallows_what_follows() {
    House::usual().talk().says(
        r#"
        > FOO "open
        > NETVER
        > PROTVER" x
        < ERR UNKNOWN-COMMAND
        > NETVER
        < 1.3
        "#,
    );
}

#[test]
fn bytes_that_are_no_text_are_dropped() {
    House::usual().talk().says(
        r#"
        > NET{x00}VER
        < 1.3
        > N{xc3}{xa9}E{x01}T{xff}VER
        < 1.3
        > {xff}{xfe}{x00}
        < ERR UNKNOWN-COMMAND
        > GET VAR u ups.mfr{x7f}
        < ERR VAR-NOT-SUPPORTED
        "#,
    );
}

#[test]
fn a_hash_inside_quotes_is_an_error() {
    let house = House::usual();
    let mut talk = house.talk();
    talk.says(
        r#"
        > GET VAR "u # x
        ~ every request is answered; the rest of the line goes with it
        ours| < ERR INVALID-ARGUMENT
        "#,
    );
    house.upsd.wait_for("Parse error on sock: Unbalanced word due to unescaped # in quotes");
    talk.says("> NETVER\n< 1.3");
}

#[test]
fn long_words_are_cut_at_512_bytes() {
    let house = House::usual();
    let mut talk = house.talk();
    let padded = |length: usize| format!("GET VAR u {}\n", "x".repeat(length));
    for length in [511, 512, 513, 5000] {
        talk.send(padded(length).as_bytes());
        assert_eq!(talk.line(), "ERR VAR-NOT-SUPPORTED");
    }
    talk.says("> NETVER\n< 1.3");
}

#[test]
fn very_many_words_are_no_harm() {
    let house = House::usual();
    let mut talk = house.talk();
    talk.send(format!("GET NUMLOGINS u{}\n", " x".repeat(20_000)).as_bytes());
    assert_eq!(talk.line(), "NUMLOGINS u 0");
    talk.send(format!("NETVER{}\n", " x".repeat(40)).as_bytes());
    assert_eq!(talk.line(), "ERR INVALID-ARGUMENT");
}

#[test]
fn a_line_of_two_megabytes() {
    let house = House::usual();
    let mut talk = house.talk();
    talk.send(&vec![b'A'; 2 << 20]);
    talk.says("> x\n< ERR UNKNOWN-COMMAND\n> NETVER\n< 1.3");
}

#[test]
fn values_of_every_sort() {
    let device = Device::new(
        r#"
        SETINFO a.empty ""
        SETINFO a.hash "\#"
        SETINFO a.quote "\""
        SETINFO a.space " a  b "
        SETINFO a.unquoted word
        SETINFO Z.Mixed.Case "x"
        SETINFO ups.status "OL"
        "#,
    );
    House::new().ups("u", "", device).start().talk().says(
        r##"
        > LIST VAR u
        < BEGIN LIST VAR u
        < VAR u a.empty ""
        < VAR u a.hash "\#"
        < VAR u a.quote "\""
        < VAR u a.space " a  b "
        < VAR u a.unquoted "word"
        < VAR u ups.status "OL"
        < VAR u Z.Mixed.Case "x"
        < END LIST VAR u
        > GET VAR u z.mixed.case
        < VAR u z.mixed.case "x"
        "##,
    );
}

#[test]
fn a_ups_whose_name_has_a_blank() {
    let conf = "\"[my ups]\"\n  driver = x\n  port = y\n";
    House::new().ups_conf(conf).start().talk().says(
        r#"
        > GET UPSDESC "my ups"
        ~ a name that holds blanks is quoted, or a client could not read it
        stock| < UPSDESC my ups "Unavailable"
        ours| < UPSDESC "my ups" "Unavailable"
        > GET UPSDESC my ups
        < ERR UNKNOWN-UPS
        "#,
    );
}
