use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::exit::Failure;
use super::terminal;

/// Where a command writes: `-` is standard output, anything else a file.
///
/// A file is written beside its place under another name and takes its place when all is done
/// ([`Target::finish`]): whoever finds it, finds it whole. What is no regular file (`/dev/null`, a named pipe) is
/// written as it is.
pub struct Target {
    name: String,
    writer: Option<Box<dyn Write + Send>>,
    partial: Option<Partial>,
}

/// A file on its way, and the place that it is to take.
struct Partial {
    file: PathBuf,
    place: PathBuf,
}

impl Target {
    /// Opens a target; folders on the way that are not there are made.
    ///
    /// # Errors
    /// When the folder cannot be made or may not be written to.
    pub fn open(name: &str) -> Result<Target, Failure> {
        if name == "-" {
            let writer: Box<dyn Write + Send> = Box::new(terminal::stdout());
            return Ok(Target { name: "standard output".to_owned(), writer: Some(writer), partial: None });
        }
        let (file, partial) =
            open_file(Path::new(name)).map_err(|error| Failure::io("write", name, &error))?;
        let writer: Box<dyn Write + Send> = Box::new(BufWriter::with_capacity(256 * 1024, file));
        Ok(Target { name: name.to_owned(), writer: Some(writer), partial })
    }

    /// The name that it was opened by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes out what is buffered and puts the file in its place.
    ///
    /// # Errors
    /// When the disk is full or the place may not be taken; the place then holds what it held before.
    pub fn finish(mut self) -> Result<(), Failure> {
        let failed = |name: &str, error: io::Error| Failure::io("write", name, &error);
        if let Some(mut writer) = self.writer.take() {
            writer.flush().map_err(|error| failed(&self.name, error))?;
        }
        if let Some(partial) = &self.partial {
            fs::rename(&partial.file, &partial.place).map_err(|error| failed(&self.name, error))?;
            self.partial = None;
        }
        Ok(())
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.writer {
            Some(writer) => writer.write(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), |writer| writer.flush())
    }
}

impl Drop for Target {
    /// A target that was not finished leaves nothing behind.
    fn drop(&mut self) {
        self.writer = None;
        if let Some(partial) = &self.partial {
            let _ = fs::remove_file(&partial.file);
        }
    }
}

fn open_file(named: &Path) -> io::Result<(File, Option<Partial>)> {
    // Where the name is a link, the file that it leads to is replaced, and the link stays.
    let place = fs::canonicalize(named).unwrap_or_else(|_| named.to_owned());
    let before = fs::metadata(&place).ok();
    if before.as_ref().is_some_and(|there| !there.is_file()) {
        return Ok((File::options().write(true).open(&place)?, None));
    }
    let Some(name) = place.file_name() else {
        return Err(io::ErrorKind::IsADirectory.into());
    };
    // Two runs at once must not write into one another's file.
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.partial", std::process::id()));
    let file = place.with_file_name(beside);
    if let Some(folder) = place.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let opened = File::create(&file)?;
    if let Some(before) = before {
        // A file that only its owner may read stays so.
        let _ = fs::set_permissions(&file, before.permissions());
    }
    Ok((opened, Some(Partial { file, place })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_takes_its_place_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("jobs.ndjson");
        fs::write(&place, "before").unwrap();
        let mut target = Target::open(place.to_str().unwrap()).unwrap();
        target.write_all(b"after").unwrap();
        target.flush().unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), "before");
        target.finish().unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), "after");
        assert_eq!(names(folder.path()), ["jobs.ndjson"]);
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("jobs.ndjson");
        let mut target = Target::open(place.to_str().unwrap()).unwrap();
        target.write_all(b"half").unwrap();
        drop(target);
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_device_a_device() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&file, "before").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let mut target = Target::open(link.to_str().unwrap()).unwrap();
        target.write_all(b"after").unwrap();
        target.finish().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "after");

        let mut null = Target::open("/dev/null").unwrap();
        null.write_all(b"gone").unwrap();
        null.finish().unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Target::open(folder.path().to_str().unwrap()).is_err());
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(Target::open(folder.path().join("file/jobs.ndjson").to_str().unwrap()).is_err());
        assert!(Target::open(folder.path().join("new/folder/jobs.ndjson").to_str().unwrap()).is_ok());
    }
}
