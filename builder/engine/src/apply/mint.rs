//! Minting: a version with the wanted content, found or made.

use std::time::Duration;

use nodemint_core::launch_template::same_content;
use nodemint_core::observed::ObservedTemplate;
use nodemint_core::plan::NewTemplateVersion;
use nodemint_core::site::Site;
use sha2::{Digest, Sha256};

use super::{ApplyError, Session};
use crate::events::EventKind;
use crate::ports::{Cloud, CloudError, Effect, ErrorKind, Minted, NewLaunchTemplate, NewVersion};

/// How often a name that turns out to be taken, or an answer that got lost, is tried again: once, since the
/// second look sees what was in the way.
const ATTEMPTS: u32 = 2;

/// How many client tokens are tried. Each deletion of a version whose content is wanted again can use one up
/// for as long as EC2 remembers it, which is not documented.
const TOKENS: u32 = 4;

/// How often a version that EC2 has just answered with is looked for before it is taken for one that was
/// deleted: with the pause between the looks some seconds, in which EC2 shows what it has made.
const LOOKS: u32 = 4;

/// Before the second look. What EC2 has just made takes it a moment to show (its API is eventually
/// consistent).
const PAUSE: Duration = Duration::from_secs(2);

/// What is minted, and where.
pub(super) struct Minting<'a> {
    pub cloud: &'a dyn Cloud,
    pub site: &'a Site,
    pub account: &'a str,
    pub content: &'a NewTemplateVersion,
    /// The plan makes the launch template itself.
    pub create: bool,
    /// The launch template's id, if this run made it.
    pub made: Option<&'a str>,
}

enum Source {
    Found(Minted),
    Made(Minted),
}

/// Why one attempt came to nothing.
enum Failed {
    Cloud(CloudError),
    /// EC2 answered with what the same token had made before, and that is no longer there.
    Replayed(i64),
    /// The launch template is not as the plan found it.
    Template(String),
}

/// Finds the version with the content, or makes it. The template is read again right before, so that of
/// two runs at once one mints and the other finds.
pub(super) async fn mint(
    minting: &Minting<'_>,
    session: &Session<'_>,
) -> Result<Minted, ApplyError> {
    let (mut attempt, mut salt) = (1, 0);
    loop {
        let failed = match minting.attempt(salt, session).await {
            Ok(source) => return minting.checked(source, session),
            Err(failed) => failed,
        };
        let again = match &failed {
            Failed::Cloud(error) if error.kind == ErrorKind::TokenMismatch => salt + 1 < TOKENS,
            Failed::Replayed(_) => salt + 1 < TOKENS,
            Failed::Cloud(error) => {
                attempt < ATTEMPTS
                    && (error.kind == ErrorKind::AlreadyExists || error.effect == Effect::Maybe)
            }
            Failed::Template(_) => false,
        };
        if !again {
            return Err(minting.error(failed));
        }
        match failed {
            Failed::Cloud(error) if error.kind != ErrorKind::TokenMismatch => attempt += 1,
            _ => salt += 1,
        }
        session.clock.sleep(PAUSE).await;
    }
}

impl Minting<'_> {
    async fn attempt(&self, salt: u32, session: &Session<'_>) -> Result<Source, Failed> {
        let content = self.content;
        let template = self
            .cloud
            .launch_template(&content.name)
            .await
            .map_err(Failed::Cloud)?;
        if let Some(found) = template.as_ref().and_then(|template| self.find(template)) {
            return Ok(Source::Found(found));
        }
        let made = match (&template, self.create) {
            (None, true) => {
                let request = NewLaunchTemplate {
                    name: content.name.clone(),
                    description: content.description.clone(),
                    data: content.data.clone(),
                    client_token: self.token(&content.name, 0, salt),
                    tags: content.tags.clone(),
                };
                self.cloud.create_launch_template(&request).await
            }
            (Some(_), true) => return Err(Failed::Template(
                "it was made by somebody else since the plan was, with other content; plan again"
                    .to_owned(),
            )),
            (template, false) => {
                let known = template
                    .as_ref()
                    .map(|template| (template.id.as_str(), template.latest_version));
                // Made a moment ago, and not shown yet.
                let Some((id, latest)) = known.or_else(|| self.made.map(|id| (id, 1))) else {
                    return Err(Failed::Template(
                        "it was deleted since the plan was made; plan again".to_owned(),
                    ));
                };
                let request = NewVersion {
                    template_id: id.to_owned(),
                    description: content.description.clone(),
                    data: content.data.clone(),
                    client_token: self.token(id, latest, salt),
                };
                self.cloud.create_launch_template_version(&request).await
            }
        };
        let made = made.map_err(Failed::Cloud)?;
        let number = made.version.number;
        let known = template.is_some_and(|template| number <= template.latest_version);
        match known || !self.is_shown(&made, session).await {
            true => Err(Failed::Replayed(number)),
            false => Ok(Source::Made(made)),
        }
    }

    /// Whether a version that EC2 has answered with is there. A token that was used before is answered with
    /// what it made then, be it deleted since. If nobody can look, EC2's word is good.
    async fn is_shown(&self, made: &Minted, session: &Session<'_>) -> bool {
        for look in 0..LOOKS {
            if look > 0 {
                session.clock.sleep(PAUSE).await;
            }
            match self.cloud.launch_template(&self.content.name).await {
                Ok(Some(template)) if shows(&template, made) => return true,
                Ok(_) => {}
                Err(_) => return true,
            }
        }
        false
    }

    fn find(&self, template: &ObservedTemplate) -> Option<Minted> {
        let same = template
            .versions
            .iter()
            .filter(|version| !version.unread && same_content(&version.data, &self.content.data));
        let version = same.min_by_key(|version| version.number)?.clone();
        Some(Minted {
            template_id: template.id.clone(),
            version,
            warning: None,
        })
    }

    /// The same request gives the same token, so a retry after a lost answer makes nothing twice. The
    /// newest version is in it: content that was minted, deleted and is wanted again is another request.
    fn token(&self, template: &str, latest: i64, salt: u32) -> String {
        let content = self.content;
        let (latest, salt) = (latest.to_string(), salt.to_string());
        token(&[
            self.account,
            &self.site.to_string(),
            template,
            &content.hash.0,
            &content.description,
            &latest,
            &salt,
        ])
    }

    /// A version is only used if it holds what was asked for.
    fn checked(&self, source: Source, session: &Session<'_>) -> Result<Minted, ApplyError> {
        let (minted, made) = match source {
            Source::Found(minted) => (minted, false),
            Source::Made(minted) => (minted, true),
        };
        let version = minted.version.number;
        if minted.version.unread || !same_content(&minted.version.data, &self.content.data) {
            return Err(self.error(Failed::Template(format!(
                "EC2 answered with version {version}, whose content is not what was asked for; no node group was touched"
            ))));
        }
        let (site, template) = (self.site.clone(), self.content.name.clone());
        let (hash, warning) = (self.content.hash.0.clone(), minted.warning.clone());
        session.emit(match made {
            true => EventKind::Minted {
                site,
                template,
                version,
                hash,
                warning,
            },
            false => EventKind::Found {
                site,
                template,
                version,
            },
        });
        Ok(minted)
    }

    fn error(&self, failed: Failed) -> ApplyError {
        let what = match failed {
            Failed::Cloud(error) => return error.into(),
            Failed::Template(what) => what,
            Failed::Replayed(version) => format!(
                "EC2 answers again and again with version {version}, which the same request made before and which was deleted since; no node group was touched, try again later"
            ),
        };
        ApplyError::Template {
            site: self.site.clone(),
            template: self.content.name.clone(),
            what,
        }
    }
}

fn shows(template: &ObservedTemplate, made: &Minted) -> bool {
    template.id == made.template_id && template.version(made.version.number).is_some()
}

/// A client token: 64 characters, the shorter of the two limits that AWS documents.
pub(super) fn token(pieces: &[&str]) -> String {
    use std::fmt::Write as _;
    let mut hasher = Sha256::new();
    for piece in pieces {
        hasher.update((piece.len() as u64).to_be_bytes());
        hasher.update(piece.as_bytes());
    }
    hasher
        .finalize()
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
