//! The laws of the hash: order that means nothing does not move it, everything else does.

use proptest::prelude::*;

use super::*;

fn tags(pairs: &[(&str, &str)]) -> Vec<Tag> {
    pairs
        .iter()
        .map(|(key, value)| Tag {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        })
        .collect()
}

fn sample() -> Data {
    let specification = |kind: &str| TagSpecification {
        resource_type: kind.to_owned(),
        tags: tags(&[("Name", "a"), ("team", "b"), ("empty", "")]),
    };
    let device = |name: &str, size| BlockDeviceMapping {
        device_name: Some(name.to_owned()),
        ebs: Some(Ebs {
            volume_size: Some(size),
            encrypted: Some(true),
            ..Ebs::default()
        }),
        ..BlockDeviceMapping::default()
    };
    Data {
        image_id: Some("ami-1".to_owned()),
        instance_type: Some("m5.large".to_owned()),
        user_data: Some(UserDataBlob("aGVsbG8=".to_owned())),
        security_group_ids: vec!["sg-1".to_owned(), "sg-2".to_owned()],
        block_device_mappings: vec![device("/dev/xvda", 80), device("/dev/xvdb", 100)],
        metadata_options: Some(MetadataOptions {
            http_tokens: Some("required".to_owned()),
            ..Default::default()
        }),
        tag_specifications: vec![specification("instance"), specification("volume")],
        ..Data::default()
    }
}

#[test]
fn the_canonical_form_is_what_rule_v1_says() {
    let data = Data {
        monitoring: Some(Monitoring::default()),
        key_name: None,
        security_group_ids: vec!["sg-b".to_owned(), "sg-a".to_owned()],
        instance_type: Some("m5.large".to_owned()),
        user_data: Some(UserDataBlob("aGVs\nbG8=\n".to_owned())),
        tag_specifications: vec![
            TagSpecification {
                resource_type: "volume".to_owned(),
                tags: Vec::new(),
            },
            TagSpecification {
                resource_type: "instance".to_owned(),
                tags: tags(&[("b", "2"), (HASH_TAG, "x")]),
            },
            TagSpecification {
                resource_type: "instance".to_owned(),
                tags: tags(&[("a", "")]),
            },
        ],
        ..Data::default()
    };
    assert_eq!(
        canonical_json(&data),
        r#"{"InstanceType":"m5.large","SecurityGroupIds":["sg-a","sg-b"],"TagSpecifications":[{"ResourceType":"instance","Tags":[{"Key":"a","Value":""},{"Key":"b","Value":"2"}]}],"UserData":"aGVsbG8="}"#
    );
    assert_eq!(canonical_json(&Data::default()), "{}");
}

/// The rule is a contract with versions that exist: this value never changes.
#[test]
fn the_hash_of_rule_v1_is_pinned() {
    // printf '{"InstanceType":"m5.large"}' | sha256sum
    let data = Data {
        instance_type: Some("m5.large".to_owned()),
        ..Data::default()
    };
    let want = "v1:sha256:cf98c585ee365b3ac0804199ae68b0d8c41ff6fca292ceb000b2621cb12858fe";
    assert_eq!(content_hash(&data).0, want);
}

#[test]
fn the_hash_tag_is_added_once_and_does_not_count() {
    let (tagged, hash) = with_hash_tag(sample());
    assert_eq!(content_hash(&tagged), hash);
    assert!(same_content(&tagged, &sample()));
    assert!(changes(&tagged, &sample()).is_empty());
    assert_eq!(
        with_hash_tag(tagged.clone()),
        (tagged.clone(), hash.clone())
    );
    let own = |specification: &TagSpecification| {
        specification
            .tags
            .iter()
            .filter(|tag| tag.key == HASH_TAG)
            .count()
    };
    assert_eq!(tagged.tag_specifications.iter().map(own).sum::<usize>(), 1);
    let (bare, _) = with_hash_tag(Data::default());
    assert_eq!(bare.tag_specifications.len(), 1);
    // On a volume the tag is not ours, so it counts.
    let mut volume = sample();
    volume.tag_specifications[1].tags.push(Tag {
        key: HASH_TAG.to_owned(),
        value: "x".to_owned(),
    });
    assert!(!same_content(&volume, &sample()));
}

#[test]
fn changes_are_told_field_by_field() {
    let mut to = sample();
    to.instance_type = Some("m5.2xlarge".to_owned());
    to.key_name = Some("key".to_owned());
    to.security_group_ids = vec!["sg-2".to_owned()];
    to.metadata_options = None;
    to.block_device_mappings.remove(1);
    if let Some(ebs) = &mut to.block_device_mappings[0].ebs {
        ebs.volume_size = Some(120);
    }
    to.tag_specifications[0].tags[0].value = "c".to_owned();
    let text: Vec<String> = changes(&sample(), &to)
        .into_iter()
        .map(|change| {
            format!(
                "{}: {} → {}",
                change.path,
                change.from.unwrap_or_default(),
                change.to.unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(
        text,
        [
            "BlockDeviceMappings[/dev/xvda].Ebs.VolumeSize: 80 → 120",
            "BlockDeviceMappings[/dev/xvdb].Ebs.Encrypted: true → ",
            "BlockDeviceMappings[/dev/xvdb].Ebs.VolumeSize: 100 → ",
            "InstanceType: m5.large → m5.2xlarge",
            "KeyName:  → key",
            "MetadataOptions.HttpTokens: required → ",
            "SecurityGroupIds: sg-1, sg-2 → sg-2",
            "TagSpecifications[instance].Tags[Name]: a → c",
        ]
    );
}

fn blob(text: &str) -> Option<UserDataBlob> {
    use base64::Engine as _;
    Some(UserDataBlob(
        base64::engine::general_purpose::STANDARD.encode(text),
    ))
}

#[test]
fn user_data_is_compared_part_by_part() {
    let message = |boundary: &str, second: &str, third: &str| {
        blob(&format!(
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\n\n\
             --{boundary}\nContent-Type: text/x-shellscript\n\n#!/bin/sh\nsame\n\n\
             --{boundary}\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n{second}\n\n{third}--{boundary}--\n"
        ))
    };
    let with = |user_data| Data {
        user_data,
        ..Data::default()
    };
    let change = |from, to| {
        let mut all = changes(&with(from), &with(to));
        assert_eq!(all.len(), 1);
        let change = all.remove(0);
        let parts = change.user_data.map(|user_data| user_data.parts);
        (
            change.from.unwrap_or_default(),
            change.to.unwrap_or_default(),
            parts.unwrap_or_default(),
        )
    };
    let (from, to, parts) = change(message("X", "one", ""), message("Y", "two", ""));
    assert_eq!(from, "2 parts, 176 bytes");
    assert_eq!(to, from);
    let lines = parts.first().and_then(|part| part.lines.clone());
    assert_eq!(
        lines.and_then(|lines| lines.diff).as_deref(),
        Some("@@ -1,2 +1,2 @@\n #!/bin/sh\n-one\n+two\n")
    );
    let (.., parts) = change(message("X", "one", ""), message("Y", "one", ""));
    assert_eq!(parts, [], "packed differently");
    let third = "--X\nContent-Type: text/cloud-config\n\n#cloud-config\n\n";
    let (.., to, parts) = change(message("X", "one", ""), message("X", "one", third));
    assert!(to.starts_with("3 parts, "), "{to}");
    assert_eq!(parts.len(), 1);
    let (from, to, parts) = change(None, blob("#!/bin/sh\nls\n"));
    assert_eq!(
        (from.as_str(), to.as_str()),
        ("", "text/x-shellscript, 13 bytes")
    );
    assert_eq!(parts.len(), 1);
    // printf '***' | sha256sum
    assert_eq!(
        change(Some(UserDataBlob("***".to_owned())), None).0,
        "not base64, 3 characters, sha256 596f4162a52f"
    );
    // printf '\037\213\010' | base64
    assert_eq!(
        change(Some(UserDataBlob("H4sI".to_owned())), None).0,
        "broken gzip, 3 bytes, sha256 baa89858c7e5"
    );
}

/// Foreign user data, as it is met: EKS's merge leaves out the blank line, others write CRLF.
#[test]
fn foreign_user_data_is_taken_apart() {
    let text = "Content-Type: multipart/mixed;\r\n boundary=//\r\nMIME-Version: 1.0\r\n\r\n\
                --//\r\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\r\n#!/bin/bash\r\nls\r\n\r\n\
                --//\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n--//--\r\n";
    let decoded = decode(&blob(text).unwrap());
    assert_eq!(decoded.form, Form::Multipart);
    let parts: Vec<(&str, &str)> = decoded
        .parts
        .iter()
        .map(|part| {
            (
                part.content_type.as_str(),
                std::str::from_utf8(&part.body).unwrap(),
            )
        })
        .collect();
    assert_eq!(
        parts,
        [
            ("text/x-shellscript", "#!/bin/bash\r\nls\r\n"),
            ("text/plain", "hello")
        ]
    );
}

#[test]
fn descriptions_say_what_they_were_given() {
    let hash = content_hash(&sample());
    let text = version_description(&hash, "my fleet%", Some("git 1a2b3c\n"));
    assert_eq!(
        text,
        format!("nodemint {hash} fleet=my%20fleet%25 origin=git%201a2b3c%0A")
    );
    let described = read_description(&text).unwrap();
    assert_eq!(described.hash, hash);
    assert_eq!(described.fleet, "my fleet%");
    assert_eq!(described.origin.as_deref(), Some("git 1a2b3c\n"));
    for foreign in [
        "",
        "my template",
        "nodemint",
        "nodemint v1:sha256:12 fleet=a",
        "nodemint x1:sha256: fleet=a",
    ] {
        assert_eq!(read_description(foreign), None, "{foreign}");
    }
}

fn any_data() -> impl Strategy<Value = Data> {
    let text = || prop::option::of("[a-z0-9]{1,6}");
    let tag = ("[a-c]{1,2}", "[a-z]{0,3}").prop_map(|(key, value)| Tag { key, value });
    let specification = ("(instance|volume)", prop::collection::vec(tag, 0..4)).prop_map(
        |(resource_type, tags)| TagSpecification {
            resource_type,
            tags,
        },
    );
    let device = (
        prop::option::of("/dev/xvd[ab]"),
        prop::option::of(1..9i32),
        any::<Option<bool>>(),
    )
        .prop_map(|(device_name, volume_size, encrypted)| BlockDeviceMapping {
            device_name,
            ebs: Some(Ebs {
                volume_size,
                encrypted,
                ..Ebs::default()
            }),
            ..BlockDeviceMapping::default()
        });
    let lists = (
        prop::collection::vec("sg-[a-c]", 0..4),
        prop::collection::vec(device, 0..4),
        prop::collection::vec(specification, 0..4),
    );
    let scalars = (
        text(),
        text(),
        text(),
        prop::option::of("([A-Za-z0-9]{4}){0,4}"),
        any::<Option<bool>>(),
    );
    (scalars, lists).prop_map(
        |((image_id, instance_type, key_name, user_data, ebs_optimized), lists)| Data {
            image_id,
            instance_type,
            key_name,
            ebs_optimized,
            user_data: user_data.map(UserDataBlob),
            security_group_ids: lists.0,
            block_device_mappings: lists.1,
            tag_specifications: lists.2,
            monitoring: Some(Monitoring {
                enabled: ebs_optimized,
            }),
            ..Data::default()
        },
    )
}

fn turned(data: &Data, by: usize) -> Data {
    fn turn<T>(list: &mut [T], by: usize) {
        if !list.is_empty() {
            list.rotate_left(by % list.len());
        }
    }
    let mut data = data.clone();
    turn(&mut data.security_group_ids, by);
    turn(&mut data.block_device_mappings, by);
    turn(&mut data.tag_specifications, by);
    data.tag_specifications
        .iter_mut()
        .for_each(|one| turn(&mut one.tags, by));
    data
}

proptest! {
    #[test]
    fn order_that_means_nothing_does_not_count(data in any_data(), by in 0usize..5) {
        prop_assert_eq!(content_hash(&data), content_hash(&turned(&data, by)));
        prop_assert!(same_content(&data, &turned(&data, by)));
        prop_assert!(changes(&data, &turned(&data, by)).is_empty());
    }

    #[test]
    fn the_tag_does_not_move_the_hash(data in any_data()) {
        let (tagged, hash) = with_hash_tag(data.clone());
        prop_assert_eq!(content_hash(&data), hash.clone());
        prop_assert_eq!(with_hash_tag(tagged.clone()), (tagged, hash));
    }

    #[test]
    fn same_content_and_no_changes_are_one_thing(a in any_data(), b in any_data()) {
        prop_assert_eq!(same_content(&a, &b), changes(&a, &b).is_empty());
        prop_assert_eq!(same_content(&a, &b), content_hash(&a) == content_hash(&b));
    }

    #[test]
    fn every_field_counts(data in any_data(), field in 0usize..8) {
        let mut other = data.clone();
        let more = "z".to_owned();
        match field {
            0 => other.image_id = Some(other.image_id.unwrap_or_default() + &more),
            1 => other.instance_type = Some(other.instance_type.unwrap_or_default() + &more),
            2 => other.key_name = Some(other.key_name.unwrap_or_default() + &more),
            3 => other.user_data = Some(UserDataBlob(other.user_data.map_or(String::new(), |blob| blob.0) + "zzzz")),
            4 => other.security_group_ids.push(more),
            5 => other.ebs_optimized = Some(!other.ebs_optimized.unwrap_or_default()),
            6 => other.tag_specifications.push(TagSpecification { resource_type: more, tags: tags(&[("a", "b")]) }),
            _ => other.block_device_mappings.push(BlockDeviceMapping { device_name: Some(more), ..Default::default() }),
        }
        prop_assert_ne!(content_hash(&data), content_hash(&other));
        prop_assert_eq!(changes(&data, &other).len(), 1);
    }

    #[test]
    fn descriptions_fit_and_come_back(fleet in "[a-z0-9-]{1,40}", origin in prop::option::of("\\PC{1,400}")) {
        let hash = content_hash(&Data::default());
        let text = version_description(&hash, &fleet, origin.as_deref());
        prop_assert!(text.len() <= DESCRIPTION_LIMIT && text.is_ascii());
        let described = read_description(&text).unwrap();
        prop_assert_eq!(described.hash, hash);
        prop_assert_eq!(described.fleet, fleet);
        let cut = described.origin.unwrap_or_default();
        prop_assert!(origin.unwrap_or_default().starts_with(&cut));
    }

    #[test]
    fn reading_never_fails(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
        prop_assert_eq!(decode(&UserDataBlob(text)).bytes, bytes);
    }
}
