//! `explain`: user data of a file or of a launch template, taken apart and told.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use nodemint_core::explain::{Explained, Subject, explain};
use nodemint_core::family::family;
use nodemint_core::launch_template::{Decoded, decode, decode_file};
use nodemint_core::lint::Reader;
use nodemint_core::observed::{ObservedTemplate, ObservedVersion};
use nodemint_core::site::{Access, Site};
use serde::Serialize;

use super::Session;
use crate::args::{ExplainArgs, Global, Output};
use crate::error::AppError;
use crate::project::Project;
use crate::report;
use crate::surroundings::Surroundings;

const SCHEMA: &str = "nodemint.dev/explain/v1";
/// A file of more is no user data: EC2 takes 16 KiB, and gzip and base64 around it are told.
const LARGEST_FILE: u64 = 16 << 20;

/// User data, and where it comes from.
pub struct Told {
    pub source: Source,
    pub decoded: Decoded,
    pub explained: Explained,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    File(String),
    #[serde(rename_all = "camelCase")]
    LaunchTemplate {
        name: String,
        version: i64,
        site: Site,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    schema: &'static str,
    /// one; more if regions or accounts have a launch template of the name each
    user_data: Vec<One<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct One<'a> {
    source: &'a Source,
    #[serde(flatten)]
    explained: &'a Explained,
    /// with --show-user-data: what stands in each part
    #[serde(skip_serializing_if = "Option::is_none")]
    bodies: Option<Vec<String>>,
}

pub async fn run(session: &Session, args: &ExplainArgs) -> Result<(), AppError> {
    let told = match file(&args.what)? {
        Some((name, bytes)) => vec![of_file(args, name, &bytes)],
        None => of_template(session, args).await?,
    };
    let shown = session.global.show_user_data;
    let console = &session.console;
    match console.output {
        Output::Json => {
            let user_data = told.iter().map(|one| One {
                source: &one.source,
                explained: &one.explained,
                bodies: shown.then(|| report::explain::bodies(&one.decoded)),
            });
            console.answer_json(&Answer {
                schema: SCHEMA,
                user_data: user_data.collect(),
            })?;
        }
        Output::Text | Output::Markdown => {
            let texts = told
                .iter()
                .map(|one| report::explain::text(one, console, shown));
            console.answer(&texts.collect::<Vec<_>>().join("\n"))?;
        }
    }
    match told.iter().any(|one| one.explained.has_errors()) {
        true => Err(AppError::Faulty),
        false => Ok(()),
    }
}

/// The bytes of a file or of standard input; none if there is no such file.
fn file(what: &str) -> Result<Option<(String, Vec<u8>)>, AppError> {
    let mut bytes = Vec::new();
    if what == "-" {
        let input = std::io::stdin().lock();
        let read = input.take(LARGEST_FILE + 1).read_to_end(&mut bytes);
        read.map_err(|error| AppError::file("read", Path::new("standard input"), error))?;
        return bounded("standard input", bytes).map(Some);
    }
    let path = PathBuf::from(what);
    let file = match std::fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        // A template's name can go on where a file's ends: `demo:3` beside a file `demo`.
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return Ok(None),
        Err(error) => return Err(AppError::file("read", &path, error)),
    };
    let read = file.take(LARGEST_FILE + 1).read_to_end(&mut bytes);
    read.map_err(|error| AppError::file("read", &path, error))?;
    bounded(what, bytes).map(Some)
}

fn bounded(name: &str, bytes: Vec<u8>) -> Result<(String, Vec<u8>), AppError> {
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(AppError::usage(
            format!("{name} has more than {LARGEST_FILE} bytes: it is no user data"),
            "EC2 takes 16384 bytes",
        ));
    }
    Ok((name.to_owned(), bytes))
}

fn of_file(args: &ExplainArgs, name: String, bytes: &[u8]) -> Told {
    let decoded = decode_file(bytes);
    let subject = Subject {
        reader: args.family.map(|name| family(name).reader()),
        merged: args.merged,
        kubernetes: None,
    };
    Told {
        source: Source::File(name),
        explained: explain(&decoded, &subject),
        decoded,
    }
}

/// Which version of a launch template.
#[derive(Clone, Copy)]
enum Wanted {
    Number(i64),
    Latest,
    Default,
}

impl Wanted {
    fn number(self, template: &ObservedTemplate) -> i64 {
        match self {
            Wanted::Number(number) => number,
            Wanted::Latest => template.latest_version,
            Wanted::Default => template.default_version,
        }
    }
}

fn wanted(what: &str) -> Result<(&str, Wanted), AppError> {
    let Some((name, version)) = what.split_once(':') else {
        return Ok((what, Wanted::Latest));
    };
    let wanted = match (version, version.parse::<i64>()) {
        ("latest" | "$Latest", _) => Wanted::Latest,
        ("default" | "$Default", _) => Wanted::Default,
        (_, Ok(number)) if number >= 1 => Wanted::Number(number),
        _ => {
            return Err(AppError::usage(
                format!("{version:?} is no version of a launch template, and {what} is no file"),
                "write a number, `latest` or `default` behind the colon",
            ));
        }
    };
    Ok((name, wanted))
}

async fn of_template(session: &Session, args: &ExplainArgs) -> Result<Vec<Told>, AppError> {
    let (name, version) = wanted(&args.what)?;
    let project = project(session)?;
    let sites = sites(session, project.as_ref(), &args.what).await?;
    let told = session
        .with_aws(async |aws| read(aws, &sites, project.as_ref(), args, name, version).await)
        .await?;
    if told.is_empty() {
        let looked: Vec<String> = sites.iter().map(ToString::to_string).collect();
        return Err(AppError::usage(
            format!(
                "there is no file {}, and no launch template `{name}` in {}",
                args.what,
                report::few(&looked)
            ),
            "--region looks elsewhere",
        ));
    }
    Ok(told)
}

/// The spec, if there is one. With --region it is of use, but not needed: a broken one does not stand in the way.
fn project(session: &Session) -> Result<Option<Project>, AppError> {
    let global = &session.global;
    if !global.file.exists() {
        return Ok(None);
    }
    match Project::open(global) {
        Ok(project) => Ok(Some(project)),
        Err(_) if global.region.is_some() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The region that a command without a spec is about.
pub async fn region(global: &Global) -> Option<String> {
    match (&global.region, &global.sandbox) {
        (Some(region), _) => Some(region.clone()),
        // The embedded AWS knows nothing of the machine's configuration.
        (None, Some(_)) => None,
        (None, None) => nodemint_aws::configured_region(global.profile.as_deref()).await,
    }
}

async fn sites(
    session: &Session,
    project: Option<&Project>,
    what: &str,
) -> Result<BTreeSet<Site>, AppError> {
    if let Some(project) = project {
        let clusters = project.spec().clusters.iter();
        return Ok(clusters.map(|cluster| cluster.site()).collect());
    }
    match region(&session.global).await {
        Some(region) => Ok(BTreeSet::from([Site::new(region, Access::default())])),
        None => Err(AppError::usage(
            format!(
                "there is no file {what}, and nothing says where a launch template of that name would be"
            ),
            "name a file, or add --region, or a spec with --file",
        )),
    }
}

async fn read(
    aws: &Surroundings,
    sites: &BTreeSet<Site>,
    project: Option<&Project>,
    args: &ExplainArgs,
    name: &str,
    wanted: Wanted,
) -> Result<Vec<Told>, AppError> {
    let mut told = Vec::new();
    for site in sites {
        let cloud = aws.clouds.at(site).await?;
        let Some(template) = cloud.launch_template(name).await? else {
            continue;
        };
        let number = wanted.number(&template);
        let Some(version) = template.version(number) else {
            return Err(AppError::usage(
                format!("launch template {name} in {site} has no version {number}"),
                format!(
                    "its newest is {}; `nodemint history {name}` lists them",
                    template.latest_version
                ),
            ));
        };
        told.push(of_version(args, project, name, site, version)?);
    }
    Ok(told)
}

fn of_version(
    args: &ExplainArgs,
    project: Option<&Project>,
    name: &str,
    site: &Site,
    version: &ObservedVersion,
) -> Result<Told, AppError> {
    let Some(blob) = &version.data.user_data else {
        return Err(AppError::usage(
            format!(
                "launch template {name} version {} in {site} has no user data",
                version.number
            ),
            "EKS brings all of it, if the version has no image either",
        ));
    };
    let decoded = decode(blob);
    let subject = Subject {
        reader: reader(args, project, name),
        merged: args.merged || version.data.image_id.is_none(),
        kubernetes: None,
    };
    Ok(Told {
        source: Source::LaunchTemplate {
            name: name.to_owned(),
            version: version.number,
            site: site.clone(),
        },
        explained: explain(&decoded, &subject),
        decoded,
    })
}

/// The family of the command line, or of the spec's launch template of that name.
fn reader(args: &ExplainArgs, project: Option<&Project>, name: &str) -> Option<Reader> {
    let of_spec = || {
        let templates = &project?.spec().launch_templates;
        let template = templates.iter().find(|template| template.name == name)?;
        Some(template.family)
    };
    let name = args.family.or_else(of_spec)?;
    Some(family(name).reader())
}
