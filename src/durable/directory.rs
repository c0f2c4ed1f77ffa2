//! The directory, made so that a loss of power does not take it away.

use std::fs;
#[cfg(unix)]
use std::fs::File;
use std::io;
use std::path::Path;

/// Makes a directory and those above it, where there is none, and waits until their names are on the disk.
pub(super) fn make(directory: &Path) -> io::Result<()> {
    let missing: Vec<&Path> =
        directory.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    fs::create_dir_all(directory)?;
    for made in missing.iter().rev() {
        // The name of a directory is in the one above it; a bare name's is the current one.
        match made.parent() {
            Some(above) if above.as_os_str().is_empty() => sync(Path::new("."))?,
            Some(above) => sync(above)?,
            None => {}
        }
    }
    Ok(())
}

/// Waits until the names in a directory are on the disk. Only Unix lets a directory be opened for it; elsewhere the file system sees to it.
#[cfg(unix)]
pub(super) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
pub(super) fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_made_once_and_then_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("one/two/three");
        make(&deep).unwrap();
        fs::write(deep.join("file"), "kept").unwrap();
        make(&deep).unwrap();
        assert_eq!(fs::read_to_string(deep.join("file")).unwrap(), "kept");
        // A file in the way is an error.
        assert!(make(&deep.join("file/four")).is_err());
    }
}
