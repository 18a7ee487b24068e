//! `compress`: when the document is gzip, and where that is refused.

use super::*;
use crate::gzip::unpack;
use crate::spec::Compress;

fn rendered(compress: Compress, script_bytes: usize) -> Result<RenderedUserData, String> {
    let mut template = template();
    template.user_data.compress = compress;
    let body = format!("#!/bin/sh\n{}", "# 345678\n".repeat(script_bytes / 9));
    template.user_data.pre_bootstrap = vec![Script::File(file(&body))];
    let (spec, lock) = fleet(template);
    let mut desired = render(&spec, &lock).map_err(|errors| errors.to_string())?;
    Ok(desired.templates.remove(0).user_data)
}

#[test]
fn auto_packs_only_what_would_not_fit() {
    let plain = rendered(Compress::Never, 900).unwrap();
    assert!(!plain.compressed);
    assert_eq!(rendered(Compress::Auto, 900).unwrap(), plain);
    let always = rendered(Compress::Always, 900).unwrap();
    assert!(always.compressed && always.parts == plain.parts);
    assert_eq!(unpack(&always.bytes, 1 << 20).unwrap(), plain.bytes);

    assert!(rendered(Compress::Never, 20_000).is_err());
    let auto = rendered(Compress::Auto, 20_000).unwrap();
    assert!(auto.compressed && auto.bytes.len() < 2000);
    assert!(unpack(&auto.bytes, 1 << 20).unwrap().len() > USER_DATA_LIMIT);
}

#[test]
fn the_same_bytes_every_time() {
    let one = rendered(Compress::Always, 5000).unwrap();
    assert!(rendered(Compress::Always, 5000).unwrap() == one);
}

#[test]
fn what_is_too_long_says_what_gzip_would_give() {
    let text = rendered(Compress::Never, 20_000).unwrap_err();
    for words in [
        "  all of it in gzip",
        "  20008  preBootstrap[0]\n",
        "set `compress: auto`",
    ] {
        assert!(text.contains(words), "{words} is not in: {text}");
    }
    // Random enough that gzip does not help: a generator of the C standard's kind.
    let mut state: u64 = 1;
    let noise: String = (0..40_000)
        .map(|_| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            char::from(b'!' + ((state >> 33) % 90) as u8)
        })
        .collect();
    for compress in [Compress::Auto, Compress::Always, Compress::Never] {
        let text = problems(|t| {
            t.user_data.compress = compress;
            t.user_data.pre_bootstrap = vec![Script::File(file(&format!("#!/bin/sh\n#{noise}\n")))];
        });
        assert!(text.contains("  40012  preBootstrap[0]\n"), "{text}");
        assert!(text.contains("(move what is long"), "{text}");
        assert_eq!(
            text.contains("bytes in gzip, and EC2"),
            compress != Compress::Never,
            "{text}"
        );
    }
}

#[test]
fn gzip_is_refused_where_nothing_unpacks_it() {
    for compress in [Compress::Auto, Compress::Always] {
        let text = problems(|t| {
            merged(t);
            t.user_data.compress = compress;
        });
        assert!(
            text.starts_with("launchTemplates[0].userData.compress: EKS merges its own part"),
            "{text}"
        );
        let text = problems(|t| {
            t.family = FamilyName::Windows2022Core;
            t.user_data.compress = compress;
        });
        assert!(
            text.starts_with("launchTemplates[0].userData.compress: Windows is not known"),
            "{text}"
        );
    }
    for family in [
        FamilyName::AL2,
        FamilyName::Bottlerocket,
        FamilyName::Ubuntu2204,
    ] {
        let text = problems(|t| {
            t.family = family;
            t.user_data.compress = Compress::Always;
        });
        assert!(!text.contains("compress"), "{text}");
    }
}

#[test]
fn files_of_gzip_say_so() {
    for (family, name) in [
        (FamilyName::AL2023, "demo/blue/user-data.mime.gz"),
        (FamilyName::Bottlerocket, "demo/blue/user-data.toml.gz"),
    ] {
        let mut template = template();
        template.family = family;
        template.user_data.compress = Compress::Always;
        let (spec, lock) = fleet(template);
        let files = files(&render(&spec, &lock).unwrap());
        assert!(files[name].starts_with(&[0x1f, 0x8b]), "{name}");
        assert!(
            files
                .keys()
                .any(|name| name.contains("/parts/00-bootstrap"))
        );
    }
}
