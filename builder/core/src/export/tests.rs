//! What is exported is the whole version, whatever its user data, and always the same bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadBack {
    version: i64,
    user_data_file: Option<String>,
    launch_template_data: Data,
}

fn version(user_data: Option<String>) -> ObservedVersion {
    ObservedVersion {
        number: 5,
        description: Some("by hand: \"yes\"\n".to_owned()),
        created_at: None,
        created_by: None,
        data: Data {
            instance_type: Some("m5.large".to_owned()),
            user_data: user_data.map(UserDataBlob),
            ..Data::default()
        },
        unread: false,
    }
}

fn exported(version: &ObservedVersion) -> BTreeMap<String, Vec<u8>> {
    files(&Site::from("us-east-1"), "demo", version).expect("a version that is read")
}

/// The data, from the YAML and the bytes beside it.
fn read_back(files: &BTreeMap<String, Vec<u8>>) -> Data {
    let yaml = &files["demo/us-east-1/00005.yaml"];
    let read: ReadBack = serde_yaml::from_slice(yaml).expect("YAML");
    assert_eq!(read.version, 5);
    let mut data = read.launch_template_data;
    if let (Some(name), None) = (read.user_data_file, &data.user_data) {
        data.user_data = Some(UserDataBlob::of(&files[&format!("demo/us-east-1/{name}")]));
    }
    data
}

const MIME: &str = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\
    Content-Type: text/x-shellscript\n\n#!/bin/sh\necho one\n--b\n\
    Content-Type: application/node.eks.aws\n\nkind: NodeConfig\n--b--\n";

#[test]
fn the_names_of_the_files() {
    let names = |user_data: &[u8]| {
        let user_data = UserDataBlob::of(user_data).0;
        let files = exported(&version(Some(user_data)));
        let names = files.into_keys();
        let short = names.map(|name| name.replace("demo/us-east-1/00005.", ""));
        short.collect::<Vec<_>>()
    };
    assert_eq!(names(b"#!/bin/sh\n"), ["user-data", "yaml"]);
    assert_eq!(
        names(MIME.as_bytes()),
        [
            "parts/01.sh",
            "parts/02.nodeconfig.yaml",
            "user-data",
            "yaml"
        ]
    );
    let packed = crate::gzip::pack(b"#!/bin/sh\n");
    assert_eq!(names(&packed), ["parts/01.sh", "user-data", "yaml"]);
    let without = exported(&version(None));
    assert_eq!(
        without.into_keys().collect::<Vec<_>>(),
        ["demo/us-east-1/00005.yaml"]
    );
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let site: Site = "us-east-1@arn:aws:iam::222233334444:role/deploy"
        .parse()
        .expect("a site");
    let found = files(&site, "../a/b", &version(None)).expect("a version that is read");
    let path = found.into_keys().next().expect("a file");
    let folder = "us-east-1@arn%3Aaws%3Aiam%3A%3A222233334444%3Arole%2Fdeploy";
    assert_eq!(path, format!("..%2Fa%2Fb/{folder}/00005.yaml"));
}

#[test]
fn what_is_not_read_is_not_exported() {
    let mut unread = version(None);
    unread.unread = true;
    assert_eq!(files(&Site::from("us-east-1"), "demo", &unread), None);
}

#[test]
fn text_that_is_no_base64_or_has_line_breaks_comes_back_as_it_was() {
    for text in [
        "not base64!",
        "IyEvYmlu\nL3NoCg==",
        "",
        "IyEvYmluL3NoCg==",
        "IyE",
    ] {
        let version = version(Some(text.to_owned()));
        let files = exported(&version);
        assert_eq!(read_back(&files), version.data, "{text:?}");
    }
}

proptest! {
    #[test]
    fn a_version_comes_back_from_its_files(bytes in vec(any::<u8>(), 0..200), folded in any::<bool>()) {
        let mut text = UserDataBlob::of(&bytes).0;
        if folded && text.len() > 8 {
            text.insert(8, '\n');
        }
        let version = version(Some(text));
        let files = exported(&version);
        prop_assert_eq!(read_back(&files), version.data.clone());
        prop_assert_eq!(files, exported(&version));
    }
}
