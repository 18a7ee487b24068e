//! The files of a project: spec, lock, and what the spec names. The only place of the command that reads
//! and writes them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use nodemint_core::desired::{Desired, RenderWarning};
use nodemint_core::lock::{self, Lock};
use nodemint_core::plan::FileDigest;
use nodemint_core::render::{self, ProblemKind, RenderErrors};
use nodemint_core::spec::{self, FleetSpec, Loaded, Problem};

use crate::args::Global;
use crate::error::AppError;

/// A spec that was read and is valid.
pub struct Project {
    pub spec_path: PathBuf,
    pub lock_path: PathBuf,
    pub text: String,
    pub loaded: Loaded,
    /// the digest of every file that the spec names, by the name it has there
    pub files: BTreeMap<String, FileDigest>,
    /// with --region, the places in the file of what is left; empty: all is left
    kept: Kept,
}

/// The indices in the file of the clusters and launch templates that `--region` leaves.
#[derive(Default)]
struct Kept {
    clusters: Vec<usize>,
    launch_templates: Vec<usize>,
}

impl Project {
    /// Reads and checks the spec and every file that it names.
    pub fn open(global: &Global) -> Result<Self, AppError> {
        let text = read_spec(&global.file)?;
        Self::with_text(global, text)
    }

    /// The project as it would be if this were its spec.
    pub fn with_text(global: &Global, text: String) -> Result<Self, AppError> {
        let spec_path = global.file.clone();
        let folder = folder(&spec_path);
        let mut files = BTreeMap::new();
        let mut read = |path: &str| {
            let bytes = read_named(&folder, path)?;
            files.insert(path.to_owned(), FileDigest::of(&bytes));
            Ok(bytes)
        };
        let mut loaded = spec::load(&text, &mut read).map_err(|errors| AppError::Spec {
            path: spec_path.clone(),
            text: text.clone(),
            problems: errors.problems,
        })?;
        let mut kept = Kept::default();
        if let Some(region) = &global.region {
            (loaded.spec, kept) = only_region(loaded.spec, region)?;
        }
        Ok(Self {
            spec_path,
            lock_path: lock_path(global),
            text,
            loaded,
            files,
            kept,
        })
    }

    /// A path of the spec as it is in the file, where `--region` may have left others out before it.
    pub fn in_file(&self, path: &str) -> String {
        let lists = [
            ("clusters[", &self.kept.clusters),
            ("launchTemplates[", &self.kept.launch_templates),
        ];
        let moved = lists.into_iter().find_map(|(list, kept)| {
            let (index, rest) = path.strip_prefix(list)?.split_once(']')?;
            let original = kept.get(index.parse::<usize>().ok()?)?;
            Some(format!("{list}{original}]{rest}"))
        });
        moved.unwrap_or_else(|| path.to_owned())
    }

    pub fn spec(&self) -> &FleetSpec {
        &self.loaded.spec
    }

    /// The spec, and every file that it names.
    pub fn sources(&self) -> Vec<PathBuf> {
        let folder = folder(&self.spec_path);
        let mut sources = vec![self.spec_path.clone(), self.lock_path.clone()];
        for template in &self.spec().launch_templates {
            let user_data = &template.user_data;
            let scripts = user_data
                .pre_bootstrap
                .iter()
                .filter_map(|script| match script {
                    spec::Script::File(file) => Some(file),
                    spec::Script::Run(_) => None,
                });
            let parts = user_data.parts.iter().map(|part| &part.file);
            let files = scripts
                .chain(parts)
                .chain(&user_data.override_bootstrap)
                .chain(&user_data.verbatim);
            sources.extend(files.map(|file| folder.join(&file.path)));
        }
        sources
    }

    /// The content of a file that a spec in this place would name.
    pub fn read_named(&self, path: &str) -> Result<Vec<u8>, String> {
        read_named(&folder(&self.spec_path), path)
    }

    /// The lock, if there is one.
    pub fn find_lock(&self) -> Result<Option<Lock>, AppError> {
        let text = match fs::read_to_string(&self.lock_path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(AppError::file("read", &self.lock_path, error)),
        };
        let read = lock::parse(&text).map_err(|source| AppError::Lock {
            path: self.lock_path.clone(),
            source,
        })?;
        Ok(Some(read))
    }

    pub fn write_lock(&self, lock: &Lock) -> Result<(), AppError> {
        write_whole(&self.lock_path, lock::to_yaml(lock).as_bytes())
    }

    /// What the spec and the lock ask for.
    pub fn desired(&self) -> Result<Desired, AppError> {
        let lock = self
            .find_lock()?
            .ok_or_else(|| AppError::NoLock(self.lock_path.clone()))?;
        let desired = render::render(self.spec(), &lock);
        let mut desired = desired.map_err(|errors| self.render_error(errors))?;
        for warning in &mut desired.warnings {
            warning.path = self.in_file(&warning.path);
        }
        Ok(desired)
    }

    /// What lints find without a lock: in the files as they are, and in the launch templates.
    pub fn lint(&self) -> Result<Vec<RenderWarning>, AppError> {
        let found = render::lint_spec(self.spec());
        let mut found = found.map_err(|errors| self.render_error(errors))?;
        for warning in &mut found {
            warning.path = self.in_file(&warning.path);
        }
        Ok(found)
    }

    /// Warnings of lints, at their places in the spec.
    pub fn placed(&self, warnings: &[RenderWarning]) -> Vec<Problem> {
        let placed = warnings.iter().map(|warning| {
            let (message, hint) = (warning.message.clone(), Some(warning.hint.clone()));
            self.loaded.places.problem(&warning.path, message, hint)
        });
        placed.collect()
    }

    pub fn render_error(&self, errors: RenderErrors) -> AppError {
        let problems = errors.problems.into_iter().map(|problem| {
            let message = match problem.kind {
                ProblemKind::Spec => problem.message,
                ProblemKind::Lock => {
                    format!("{} (in {})", problem.message, self.lock_path.display())
                }
            };
            self.loaded
                .places
                .problem(&self.in_file(&problem.path), message, problem.hint)
        });
        self.spec_error(problems.collect())
    }

    pub fn spec_error(&self, problems: Vec<Problem>) -> AppError {
        AppError::Spec {
            path: self.spec_path.clone(),
            text: self.text.clone(),
            problems,
        }
    }
}

/// Where the lock is: as told, or beside the spec.
pub fn lock_path(global: &Global) -> PathBuf {
    let beside = || global.file.with_extension("lock");
    global.lock.clone().unwrap_or_else(beside)
}

fn read_spec(path: &Path) -> Result<String, AppError> {
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => AppError::usage(
            format!("cannot read {}: there is no such file", path.display()),
            "name one with --file; `nodemint demo` leaves one to begin with",
        ),
        _ => AppError::file("read", path, error),
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        AppError::usage(
            format!("{} is not UTF-8 text (byte {at})", path.display()),
            "save it as UTF-8",
        )
    })
}

/// The folder of a file; never empty.
pub fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A file that a spec in this folder names.
pub fn read_named(folder: &Path, path: &str) -> Result<Vec<u8>, String> {
    let relative = Path::new(path);
    if !relative
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
    {
        return Err("it leaves the folder of the spec".to_owned());
    }
    fs::read(folder.join(relative)).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "not found".to_owned(),
        _ => error.to_string(),
    })
}

fn only_region(mut spec: FleetSpec, region: &str) -> Result<(FleetSpec, Kept), AppError> {
    let clusters = kept(&mut spec.clusters, |cluster| cluster.region == region);
    if spec.clusters.is_empty() {
        return Err(AppError::usage(
            format!("no cluster of the spec is in {region}"),
            "check --region",
        ));
    }
    let names = spec.clusters.iter().map(|cluster| cluster.name.clone());
    let names: Vec<String> = names.collect();
    for template in &mut spec.launch_templates {
        template.clusters.retain(|cluster| names.contains(cluster));
    }
    let launch_templates = kept(&mut spec.launch_templates, |template| {
        !template.clusters.is_empty()
    });
    spec.node_groups
        .retain(|group| names.contains(&group.cluster));
    let kept = Kept {
        clusters,
        launch_templates,
    };
    Ok((spec, kept))
}

/// Leaves what fits, and says where it was.
fn kept<T>(list: &mut Vec<T>, fits: impl Fn(&T) -> bool) -> Vec<usize> {
    let indices = list.iter().enumerate().filter(|(_, one)| fits(one));
    let indices = indices.map(|(index, _)| index).collect();
    list.retain(fits);
    indices
}

/// Writes a file whole or not at all: into a file beside it, then renamed.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    fs::create_dir_all(folder(path))
        .and_then(|()| write(path, bytes, keep_mode))
        .map_err(|error| AppError::file("write", path, error))
}

/// The same, for a file that only its owner may read, in a folder that exists.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    let private = |_: &Path, _: &fs::File| Ok(());
    write(path, bytes, private).map_err(|error| AppError::file("write", path, error))
}

/// What is no regular file (a pipe, a device) is written to and stays what it is; a link stays a link, and
/// what it points to is replaced.
fn write(
    path: &Path,
    bytes: &[u8],
    mode: impl Fn(&Path, &fs::File) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        return fs::OpenOptions::new()
            .write(true)
            .open(&path)?
            .write_all(bytes);
    }
    let folder = folder(&path);
    let mut file = tempfile::Builder::new()
        .prefix(".nodemint-")
        .tempfile_in(&folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    mode(&path, file.as_file())?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

/// A temporary file is private; a file that is written for others keeps the mode that it had, or gets
/// the usual one.
#[cfg(unix)]
fn keep_mode(path: &Path, file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_or(0o644, |metadata| metadata.permissions().mode() & 0o777);
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn keep_mode(_path: &Path, _file: &fs::File) -> std::io::Result<()> {
    Ok(())
}

/// Reads every file below a folder, by its path relative to it; a folder that is not there is empty.
pub fn read_tree(root: &Path) -> Result<BTreeMap<String, Vec<u8>>, AppError> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && folder == root => {
                return Ok(files);
            }
            Err(error) => return Err(AppError::file("read", &folder, error)),
        };
        for entry in entries {
            let path = entry
                .map_err(|error| AppError::file("read", &folder, error))?
                .path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).map_err(|error| AppError::file("read", &path, error))?;
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            files.insert(name, bytes);
        }
    }
    Ok(files)
}
