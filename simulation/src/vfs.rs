//! The disk as a file system of SQLite's.
//!
//! Every function answers from the calling thread's disk, so no memory is shared: an open file is a number.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Once;

use rusqlite::ffi;

use crate::disk::{Trouble, with};

/// The name under which the file system is registered.
pub const NAME: &str = "simulated";

#[repr(C)]
struct Open {
    base: ffi::sqlite3_file,
    inode: usize,
    /// The first sync of a log or journal that might have been made waits for the directory too, as SQLite on Unix does it: the process that made it may
    /// have ended before.
    directory: bool,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(lock),
    xCheckReservedLock: Some(reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

/// Registers the file system, once for the process.
pub fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let vfs = ffi::sqlite3_vfs {
            iVersion: 1,
            szOsFile: size_of::<Open>() as c_int,
            mxPathname: 512,
            pNext: std::ptr::null_mut(),
            zName: c"simulated".as_ptr(),
            pAppData: std::ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_path),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(time),
            xGetLastError: None,
            xCurrentTimeInt64: None,
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        };
        // SAFETY: the structure is leaked, so it lives as long as SQLite keeps it, and nobody else has it; its name is static, and its functions fit their types.
        let code = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0) };
        assert_eq!(code, ffi::SQLITE_OK);
    });
}

fn failed(trouble: Trouble, code: c_int) -> c_int {
    match trouble {
        Trouble::Full => ffi::SQLITE_FULL,
        Trouble::Io => code,
    }
}

/// # Safety
/// `name` is null or ends with a zero, and stays as it is during the call.
unsafe fn text<'n>(name: *const c_char) -> &'n str {
    if name.is_null() {
        return "";
    }
    // SAFETY: not null, and the caller says that it ends with a zero.
    unsafe { CStr::from_ptr(name) }.to_str().unwrap_or_default()
}

/// # Safety
/// `file` was filled by [`open`] and is not closed; SQLite calls one method of a file at a time.
unsafe fn inode(file: *mut ffi::sqlite3_file) -> usize {
    // SAFETY: SQLite gives `szOsFile` bytes, which `open` has filled with an `Open`, whose first field is the file.
    unsafe { (*file.cast::<Open>()).inode }
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a name that ends with a zero.
    let name = unsafe { text(name) };
    let may_make = flags & ffi::SQLITE_OPEN_CREATE != 0;
    let made = with(|disk| disk.open(name, may_make));
    let log = flags & (ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL) != 0;
    let (methods, inode, directory, code) = match made {
        Ok(Some(inode)) => (&raw const METHODS, inode, may_make && log, ffi::SQLITE_OK),
        _ => (std::ptr::null(), 0, false, ffi::SQLITE_CANTOPEN),
    };
    let opened = Open { base: ffi::sqlite3_file { pMethods: methods }, inode, directory };
    // SAFETY: SQLite gives `szOsFile` bytes, aligned, for the file, and a place for the flags or null.
    unsafe {
        file.cast::<Open>().write(opened);
        if !out.is_null() {
            *out = flags;
        }
    }
    code
}

unsafe extern "C" fn close(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, into: *mut c_void, many: c_int, at: i64) -> c_int {
    // SAFETY: an open file, and `many` bytes that are SQLite's to be written to and were set before.
    let (inode, into) = unsafe {
        into.cast::<u8>().write_bytes(0, many as usize);
        (inode(file), std::slice::from_raw_parts_mut(into.cast::<u8>(), many as usize))
    };
    match with(|disk| disk.read(inode, at as usize, into)) {
        Ok(read) if read == into.len() => ffi::SQLITE_OK,
        Ok(_) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(trouble) => failed(trouble, ffi::SQLITE_IOERR_READ),
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, many: c_int, at: i64) -> c_int {
    // SAFETY: an open file, and `many` bytes of SQLite's that nobody changes during the call.
    let (inode, bytes) =
        unsafe { (inode(file), std::slice::from_raw_parts(from.cast::<u8>(), many as usize)) };
    answer(with(|disk| disk.write(inode, at as usize, bytes)), ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    // SAFETY: an open file.
    let inode = unsafe { inode(file) };
    answer(with(|disk| disk.truncate(inode, length as usize)), ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open file, filled by `open`.
    let (inode, directory) = unsafe { (inode(file), (*file.cast::<Open>()).directory) };
    let done = with(|disk| disk.sync(inode, directory));
    if done.is_ok() {
        // SAFETY: as above; nobody else refers to it during the call.
        unsafe { (*file.cast::<Open>()).directory = false };
    }
    answer(done, ffi::SQLITE_IOERR_FSYNC)
}

fn answer(done: Result<(), Trouble>, code: c_int) -> c_int {
    done.map_or_else(|trouble| failed(trouble, code), |()| ffi::SQLITE_OK)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: an open file, and a place for the size.
    unsafe {
        let inode = inode(file);
        *size = with(|disk| disk.length(inode)) as i64;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn reserved(_: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: a place for the answer.
    unsafe { *out = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    with(|disk| disk.sector()) as c_int
}

unsafe extern "C" fn characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    // As SQLite takes it of every disk on Unix.
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, wait: c_int) -> c_int {
    // SAFETY: SQLite gives a name that ends with a zero.
    let name = unsafe { text(name) };
    match with(|disk| disk.delete(name, wait != 0)) {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_IOERR_DELETE_NOENT,
        Err(trouble) => failed(trouble, ffi::SQLITE_IOERR_DELETE),
    }
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    _: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a name that ends with a zero, and a place for the answer.
    match with(|disk| disk.exists(unsafe { text(name) })) {
        Ok(there) => {
            // SAFETY: as above.
            unsafe { *out = c_int::from(there) };
            ffi::SQLITE_OK
        }
        Err(trouble) => failed(trouble, ffi::SQLITE_IOERR_ACCESS),
    }
}

unsafe extern "C" fn full_path(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    many: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite gives a name that ends with a zero, and room for `many` bytes; what is written fits, with its zero.
    unsafe {
        let name = text(name);
        if name.len() >= many as usize {
            return ffi::SQLITE_CANTOPEN;
        }
        out.cast::<u8>().copy_from_nonoverlapping(name.as_ptr(), name.len());
        *out.add(name.len()) = 0;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, many: c_int, out: *mut c_char) -> c_int {
    // SAFETY: room for `many` bytes, which are set before they are referred to.
    let into = unsafe {
        out.cast::<u8>().write_bytes(0, many as usize);
        std::slice::from_raw_parts_mut(out.cast::<u8>(), many as usize)
    };
    with(|disk| disk.noise(into));
    many
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, micros: c_int) -> c_int {
    micros
}

unsafe extern "C" fn time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: a place for the instant.
    unsafe { *out = 2_461_347.5 };
    ffi::SQLITE_OK
}
