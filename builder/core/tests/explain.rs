//! Laws of explaining: whatever was packed is found again, part by part, and what we rendered is recognised.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use nodemint_core::desired::{Desired, RenderedPart};
use nodemint_core::explain::{Subject, explain};
use nodemint_core::family::family;
use nodemint_core::launch_template::{Form, Layer, UserDataBlob, decode, decode_file};
use nodemint_core::lock;
use nodemint_core::render::{multipart, render};
use nodemint_core::spec::load;
use proptest::prelude::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn contents(parts: &[RenderedPart]) -> Vec<(String, Vec<u8>)> {
    let parts = parts.iter();
    parts
        .map(|part| (part.content_type.clone(), part.body.clone()))
        .collect()
}

/// A part of any bytes. nodeadm takes base64 off a NodeConfig, and cloud-init gzip off its types: neither is
/// among these.
fn any_part() -> impl Strategy<Value = (String, Vec<u8>)> {
    let kinds = [
        "text/x-shellscript",
        "text/cloud-config",
        "text/cloud-boothook",
        "text/plain",
        "application/octet-stream",
    ];
    let lines = prop::sample::select(vec![
        &b"\n"[..],
        b"\r\n",
        b"--\n",
        b"--nodemint-000000000000000000000000\n",
        b"#!/bin/sh\n",
        b"a: b\n",
        b"\0",
        b"\xff",
        b"\x1f\x8b",
    ]);
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        lines.prop_map(<[u8]>::to_vec),
    ];
    let body = prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    (
        prop::sample::select(kinds.to_vec()).prop_map(str::to_owned),
        body,
    )
}

fn part((content_type, body): &(String, Vec<u8>)) -> RenderedPart {
    RenderedPart {
        origin: String::new(),
        content_type: content_type.clone(),
        body: body.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_parts_come_back(parts in prop::collection::vec(any_part(), 1..8)) {
        let document = multipart(&parts.iter().map(part).collect::<Vec<_>>());
        let packed = [document.clone(), gzip(&document)];
        for (bytes, layers) in packed.iter().zip([&[][..], &[Layer::Gzip]]) {
            let decoded = decode(&UserDataBlob(STANDARD.encode(bytes)));
            prop_assert_eq!(&decoded, &decode_file(bytes));
            prop_assert_eq!(decoded.form, Form::Multipart);
            prop_assert_eq!(&decoded.layers, layers);
            let got: Vec<_> = decoded.parts.iter().map(|part| (part.content_type.clone(), part.body.clone())).collect();
            prop_assert_eq!(&got, &parts);
            let explained = explain(&decoded, &Subject::default());
            let kinds: Vec<_> = explained.parts.iter().map(|part| (part.content_type.as_str(), part.bytes)).collect();
            let want: Vec<_> = parts.iter().map(|(kind, body)| (kind.as_str(), body.len())).collect();
            prop_assert_eq!(kinds, want);
        }
    }

    #[test]
    fn explaining_never_fails(bytes in prop::collection::vec(any::<u8>(), 0..300), head in 0..3usize) {
        let heads: [&[u8]; 3] = [b"", b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n--B\n", b"\x1f\x8b\x08\x00"];
        let document = [heads[head], bytes.as_slice()].concat();
        let explained = explain(&decode_file(&document), &Subject::default());
        prop_assert!(explained.bytes <= document.len());
    }
}

/// Every case of golden/ that has a lock.
fn cases() -> BTreeMap<String, PathBuf> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden");
    let folders = fs::read_dir(golden).expect("golden");
    let folders = folders.map(|entry| entry.expect("an entry").path());
    let cases = folders.filter(|folder| folder.join("nodemint.lock").exists());
    let name = |folder: &PathBuf| {
        folder
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    cases.map(|folder| (name(&folder), folder)).collect()
}

fn rendered(case: &Path) -> Desired {
    let text = |name: &str| fs::read_to_string(case.join(name)).expect("a file of the case");
    let mut read = |path: &str| fs::read(case.join(path)).map_err(|error| error.to_string());
    let loaded = load(&text("nodemint.yaml"), &mut read).expect("a valid spec");
    let locked = lock::parse(&text("nodemint.lock")).expect("a lock");
    render(&loaded.spec, &locked).expect("it renders")
}

/// What we rendered is taken apart into exactly our parts, and every one of them is read by something.
#[test]
fn golden_cases_are_explained() {
    let cases = cases();
    assert!(cases.len() >= 14, "{}", cases.len());
    let mut documents = 0;
    for (name, case) in &cases {
        let desired = rendered(case);
        assert!(
            rendered(case) == desired,
            "{name}: the same bytes every time"
        );
        for template in &desired.templates {
            let user_data = &template.user_data;
            if user_data.parts.is_empty() {
                continue;
            }
            documents += 1;
            let decoded = decode_file(&user_data.bytes);
            let got: Vec<_> = decoded
                .parts
                .iter()
                .map(|part| (part.content_type.clone(), part.body.clone()))
                .collect();
            match decoded.form {
                Form::Multipart => assert_eq!(got, contents(&user_data.parts), "{name}"),
                // A document of one kind: its parts stand in it, one behind the other.
                _ => {
                    assert_eq!(got.len(), 1, "{name}");
                    let mut rest = got[0].1.as_slice();
                    for part in &user_data.parts {
                        let length = part.body.len();
                        let at = rest.windows(length).position(|window| window == part.body);
                        let end = at.unwrap_or_else(|| panic!("{name}: {}", part.origin)) + length;
                        rest = &rest[end..];
                    }
                }
            }
            let subject = Subject {
                reader: Some(family(template.image.request.family).reader()),
                merged: template.data.image_id.is_none(),
                kubernetes: None,
            };
            let explained = explain(&decoded, &subject);
            assert!(
                !explained.has_errors(),
                "{name}: {:?} {:?}",
                explained.notes,
                explained.lints
            );
            assert_eq!(explained.parts.len(), decoded.parts.len(), "{name}");
        }
    }
    assert!(documents >= cases.len(), "{documents}");
}
