//! VER, NETVER, PROTVER, HELP, STARTTLS, unknown words and the number of arguments.

use nut_compliance::house::House;

#[test]
fn versions_and_help() {
    let house = House::usual();
    house.talk().says(
        "
        > VER
        < Network UPS Tools upsd 2.8.5 - https://www.networkupstools.org/historic/v2.8.5/index.html
        > NETVER
        < 1.3
        > PROTVER
        < 1.3
        > HELP
        < Commands: HELP VER PROTVER GET LIST SET INSTCMD LOGIN LOGOUT USERNAME PASSWORD STARTTLS
        ",
    );
}

#[test]
fn command_words_may_be_written_in_any_case_and_in_quotes() {
    House::usual().talk().says(
        r#"
        > netver
        < 1.3
        > NetVer
        < 1.3
        > "NETVER"
        < 1.3
        > N\ETVER
        < 1.3
        > get numlogins u
        < NUMLOGINS u 0
        > List Enum u battery.charge
        < BEGIN LIST ENUM u battery.charge
        < END LIST ENUM u battery.charge
        "#,
    );
}

#[test]
fn words_that_are_no_command() {
    House::usual().talk().says(
        "
        > FOO
        < ERR UNKNOWN-COMMAND
        > REQ battery.charge
        < ERR UNKNOWN-COMMAND
        > LISTVARS
        < ERR UNKNOWN-COMMAND
        > VE
        < ERR UNKNOWN-COMMAND
        > VERS
        < ERR UNKNOWN-COMMAND
        > =
        < ERR UNKNOWN-COMMAND
        > VER=
        < ERR INVALID-ARGUMENT
        ",
    );
}

#[test]
fn empty_lines_are_unknown_commands() {
    House::usual().talk().says(
        "
        > {x20}
        < ERR UNKNOWN-COMMAND
        >
        < ERR UNKNOWN-COMMAND
        > {x0d}
        < ERR UNKNOWN-COMMAND
        > # a remark
        < ERR UNKNOWN-COMMAND
        > \"\"
        < ERR UNKNOWN-COMMAND
        > NETVER
        < 1.3
        ",
    );
}

#[test]
fn too_many_words() {
    House::usual().talk().says(
        "
        > VER x
        < ERR INVALID-ARGUMENT
        > NETVER x
        < ERR INVALID-ARGUMENT
        > PROTVER x
        < ERR INVALID-ARGUMENT
        > HELP x
        < ERR INVALID-ARGUMENT
        > LOGOUT x
        < ERR INVALID-ARGUMENT
        > USERNAME a b
        < ERR INVALID-ARGUMENT
        > PASSWORD a b
        < ERR INVALID-ARGUMENT
        > VER # a remark is not a word
        < Network UPS Tools upsd 2.8.5 - https://www.networkupstools.org/historic/v2.8.5/index.html
        > GET NUMLOGINS u and more words
        < NUMLOGINS u 0
        > LIST RANGE u ups.id x
        < BEGIN LIST RANGE u ups.id
        < END LIST RANGE u ups.id
        ",
    );
}

#[test]
fn too_few_words() {
    House::usual().talk().says(
        "
        > USERNAME
        < ERR INVALID-ARGUMENT
        > PASSWORD
        < ERR INVALID-ARGUMENT
        > GET
        < ERR INVALID-ARGUMENT
        > LIST
        < ERR INVALID-ARGUMENT
        ",
    );
}

#[test]
fn a_web_browser_is_told_that_it_is_wrong() {
    House::usual().talk().says(
        "
        > GET / HTTP/1.1{x0d}
        > Host: localhost{x0d}
        > {x0d}
        < ERR INVALID-ARGUMENT
        < ERR UNKNOWN-COMMAND
        < ERR UNKNOWN-COMMAND
        ",
    );
}

#[test]
fn starttls_without_a_certificate() {
    House::usual().talk().says(
        "
        > STARTTLS
        < ERR FEATURE-NOT-CONFIGURED
        > STARTTLS now please
        < ERR FEATURE-NOT-CONFIGURED
        > NETVER
        < 1.3
        ",
    );
}
