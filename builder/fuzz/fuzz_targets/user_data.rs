//! The MIME reader: whatever a launch template or a file holds is taken apart and explained, for every reader.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nodemint_core::desired::RenderedPart;
use nodemint_core::explain::{Subject, explain};
use nodemint_core::launch_template::{
    Data, UserDataBlob, changes, cluster_of, decode, decode_file,
};
use nodemint_core::lint::Reader;
use nodemint_core::render::multipart;

const READERS: [Reader; 5] = [
    Reader::CloudInit,
    Reader::Nodeadm,
    Reader::Bottlerocket,
    Reader::Windows,
    Reader::Unknown,
];

fuzz_target!(|bytes: &[u8]| {
    let decoded = decode_file(bytes);
    // One way in a run: the input chooses.
    let choice = bytes.iter().copied().fold(0_u8, u8::wrapping_add);
    let subject = Subject {
        reader: READERS
            .get(usize::from(choice / 2) % READERS.len())
            .copied(),
        merged: choice % 2 == 0,
        kubernetes: None,
    };
    let explained = explain(&decoded, &subject);
    assert_eq!(explained.parts.len(), decoded.parts.len());
    for step in &explained.boot {
        assert!(step.parts.iter().all(|part| *part < decoded.parts.len()));
    }
    // What came out goes in again, and comes out the same.
    let part = |part: &nodemint_core::launch_template::DecodedPart| RenderedPart {
        origin: String::new(),
        content_type: "application/octet-stream".to_owned(),
        body: part.body.clone(),
    };
    let parts: Vec<RenderedPart> = decoded.parts.iter().take(8).map(part).collect();
    if !parts.is_empty() {
        let again = decode_file(&multipart(&parts));
        let bodies = |list: &[Vec<u8>]| list.to_vec();
        let want: Vec<Vec<u8>> = parts.iter().map(|part| part.body.clone()).collect();
        let got: Vec<Vec<u8>> = again.parts.iter().map(|part| part.body.clone()).collect();
        assert_eq!(bodies(&got), want);
    }
    // As a launch template holds it: base64 or not.
    let data = Data {
        user_data: Some(UserDataBlob(String::from_utf8_lossy(bytes).into_owned())),
        ..Data::default()
    };
    let _ = decode(data.user_data.as_ref().expect("just set"));
    let _ = cluster_of(&data);
    let _ = changes(&data, &Data::default());
});
