//! The disk: files as programs see them, and as they are when the machine stops.

use std::cell::RefCell;
use std::collections::BTreeMap;

/// Numbers by a seed (splitmix64).
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// The next number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

/// What goes wrong at an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The machine stops: nothing is answered until [`Disk::start`].
    Stop,
    /// The operation fails; of a write a part was done, and a sync has lost what it was to keep.
    Error,
    /// There is no space for files to grow, for so many operations.
    Full(u64),
}

/// How an operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// An error of input or output.
    Io,
    /// No space is left.
    Full,
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

/// A file, whatever it is called.
#[derive(Debug, Default)]
struct Inode {
    /// As programs see it.
    seen: Vec<u8>,
    /// As it is on the disk for sure.
    kept: Vec<u8>,
    /// What is between the two, in order.
    pending: Vec<Change>,
}

/// One thread's disk.
#[derive(Debug)]
pub struct Disk {
    random: Random,
    sector: usize,
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    kept_names: BTreeMap<String, usize>,
    operations: u64,
    plan: Option<(u64, Fault)>,
    full_until: u64,
    stopped: bool,
    happened: u64,
}

thread_local! {
    static DISK: RefCell<Disk> = RefCell::new(Disk::new(0));
}

/// Does something with this thread's disk.
pub fn with<T>(act: impl FnOnce(&mut Disk) -> T) -> T {
    DISK.with(|disk| act(&mut disk.borrow_mut()))
}

fn apply(bytes: &mut Vec<u8>, at: usize, part: &[u8]) {
    if bytes.len() < at + part.len() {
        bytes.resize(at + part.len(), 0);
    }
    bytes[at..at + part.len()].copy_from_slice(part);
}

impl Disk {
    /// An empty disk.
    pub fn new(seed: u64) -> Disk {
        let mut random = Random(seed);
        let sector = [512, 4096][random.below(2) as usize];
        Disk {
            random,
            sector,
            inodes: Vec::new(),
            names: BTreeMap::new(),
            kept_names: BTreeMap::new(),
            operations: 0,
            plan: None,
            full_until: 0,
            stopped: false,
            happened: 0,
        }
    }

    /// So many operations there were.
    pub fn operations(&self) -> u64 {
        self.operations
    }

    /// The fault happens so many operations from now.
    pub fn plan(&mut self, after: u64, fault: Fault) {
        self.plan = Some((self.operations + after, fault));
    }

    /// Nothing is planned any more.
    pub fn relax(&mut self) {
        self.plan = None;
        self.full_until = 0;
    }

    /// So many faults came to pass.
    pub fn happened(&self) -> u64 {
        self.happened
    }

    /// From here on nothing is answered: the process is gone, what it wrote is not.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// The process begins again, on a machine that went on.
    pub fn start(&mut self) {
        self.stopped = false;
    }

    /// Whether the machine stands.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The power goes, and comes back: of what was not waited for each part is kept or lost, by the seed.
    pub fn power_cut(&mut self) {
        for inode in 0..self.inodes.len() {
            self.lose(inode);
            self.inodes[inode].seen = self.inodes[inode].kept.clone();
        }
        let all: Vec<String> = self.names.keys().chain(self.kept_names.keys()).cloned().collect();
        for name in all {
            let (new, old) = (self.names.get(&name).copied(), self.kept_names.get(&name).copied());
            if new != old {
                let after = if self.random.below(2) == 0 { new } else { old };
                match after {
                    Some(inode) => _ = self.kept_names.insert(name, inode),
                    None => _ = self.kept_names.remove(&name),
                }
            }
        }
        self.names = self.kept_names.clone();
        self.stopped = false;
    }

    /// What was not waited for reaches the disk in part.
    fn lose(&mut self, inode: usize) {
        let mut pending = std::mem::take(&mut self.inodes[inode].pending);
        // At times all behave alike, at times each on its own, at times in another order.
        let alike = self.random.below(6);
        if self.random.below(3) == 0 {
            for place in (1..pending.len()).rev() {
                pending.swap(place, self.random.below(place as u64 + 1) as usize);
            }
        }
        for change in pending {
            let how = if alike < 4 { alike } else { self.random.below(4) };
            let kept = &mut self.inodes[inode].kept;
            match (change, how) {
                (_, 0) => {}
                (Change::Length(length), 1) => kept.resize(length, 0),
                (Change::Length(length), _) => {
                    if self.random.below(2) == 0 {
                        kept.resize(length, 0);
                    }
                }
                (Change::Write(at, bytes), 1) => apply(kept, at, &bytes),
                (Change::Write(at, bytes), 2) => {
                    let many = self.random.below(bytes.len() as u64 + 1) as usize;
                    apply(kept, at, &bytes[..many]);
                }
                (Change::Write(at, bytes), _) => {
                    let mut from = 0;
                    while from < bytes.len() {
                        let end = ((at + from) / self.sector + 1) * self.sector - at;
                        let end = end.min(bytes.len());
                        if self.random.below(2) == 0 {
                            apply(kept, at + from, &bytes[from..end]);
                        }
                        from = end;
                    }
                }
            }
        }
    }

    /// Counts an operation; the fault that is planned for it.
    fn operation(&mut self) -> Result<Option<Fault>, Trouble> {
        if self.stopped {
            return Err(Trouble::Io);
        }
        self.operations += 1;
        match self.plan {
            Some((at, fault)) if self.operations >= at => {
                self.plan = None;
                self.happened += 1;
                match fault {
                    Fault::Stop => self.stopped = true,
                    Fault::Full(many) => self.full_until = self.operations + many,
                    Fault::Error => {}
                }
                Ok(Some(fault))
            }
            _ => Ok(None),
        }
    }

    fn plain(&mut self) -> Result<(), Trouble> {
        match self.operation()? {
            Some(Fault::Stop | Fault::Error) => Err(Trouble::Io),
            Some(Fault::Full(_)) | None => Ok(()),
        }
    }

    /// Opens a file, which is made if it may be.
    pub fn open(&mut self, name: &str, make: bool) -> Result<Option<usize>, Trouble> {
        self.plain()?;
        if let Some(inode) = self.names.get(name) {
            return Ok(Some(*inode));
        }
        if !make {
            return Ok(None);
        }
        self.inodes.push(Inode::default());
        self.names.insert(name.to_owned(), self.inodes.len() - 1);
        Ok(Some(self.inodes.len() - 1))
    }

    /// Whether there is such a file.
    pub fn exists(&mut self, name: &str) -> Result<bool, Trouble> {
        self.plain()?;
        Ok(self.names.contains_key(name))
    }

    /// Takes a name away, and waits for the directory where that is asked for.
    pub fn delete(&mut self, name: &str, wait: bool) -> Result<bool, Trouble> {
        self.plain()?;
        let was = self.names.remove(name).is_some();
        if wait {
            self.kept_names = self.names.clone();
        }
        Ok(was)
    }

    /// Fills with what is there; returns how many bytes there were.
    pub fn read(&mut self, inode: usize, at: usize, into: &mut [u8]) -> Result<usize, Trouble> {
        self.plain()?;
        let seen = &self.inodes[inode].seen;
        let from = seen.get(at.min(seen.len())..).unwrap_or_default();
        let many = from.len().min(into.len());
        into[..many].copy_from_slice(&from[..many]);
        into[many..].fill(0);
        Ok(many)
    }

    /// Writes; a part of it, where that fails.
    pub fn write(&mut self, inode: usize, at: usize, bytes: &[u8]) -> Result<(), Trouble> {
        let fault = self.operation()?;
        let grows = at + bytes.len() > self.inodes[inode].seen.len();
        let full = grows && self.operations <= self.full_until;
        let failed = full || matches!(fault, Some(Fault::Stop | Fault::Error));
        let many = match (failed, fault) {
            (false, _) | (true, Some(Fault::Stop)) => bytes.len(),
            (true, _) => self.random.below(bytes.len() as u64) as usize,
        };
        apply(&mut self.inodes[inode].seen, at, &bytes[..many]);
        self.inodes[inode].pending.push(Change::Write(at, bytes[..many].to_vec()));
        match (full, failed) {
            (true, _) => Err(Trouble::Full),
            (_, true) => Err(Trouble::Io),
            _ => Ok(()),
        }
    }

    /// Makes a file longer or shorter.
    pub fn truncate(&mut self, inode: usize, length: usize) -> Result<(), Trouble> {
        self.plain()?;
        self.inodes[inode].seen.resize(length, 0);
        self.inodes[inode].pending.push(Change::Length(length));
        Ok(())
    }

    /// Waits until a file is on the disk, and its directory too for a file whose maker sees to that. After a failure what was
    /// to be kept may be lost, is seen all the same, and no later call knows of it: as Linux does it.
    pub fn sync(&mut self, inode: usize, directory: bool) -> Result<(), Trouble> {
        match self.operation()? {
            Some(Fault::Stop) => return Err(Trouble::Io),
            Some(Fault::Error) => {
                self.lose(inode);
                return Err(Trouble::Io);
            }
            Some(Fault::Full(_)) | None => {}
        }
        let inode = &mut self.inodes[inode];
        for change in std::mem::take(&mut inode.pending) {
            match change {
                Change::Write(at, bytes) => apply(&mut inode.kept, at, &bytes),
                Change::Length(length) => inode.kept.resize(length, 0),
            }
        }
        if directory {
            self.kept_names = self.names.clone();
        }
        Ok(())
    }

    /// How long a file is.
    pub fn length(&self, inode: usize) -> usize {
        self.inodes[inode].seen.len()
    }

    /// Writes a file over itself and waits for it, as the engine does with a write-ahead log that it finds.
    pub fn renew(&mut self, name: &str) {
        if let Some(inode) = self.names.get(name) {
            let inode = &mut self.inodes[*inode];
            inode.kept = inode.seen.clone();
            inode.pending.clear();
        }
    }

    /// A file as programs see it.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.names.get(name).map(|inode| self.inodes[*inode].seen.as_slice())
    }

    /// Bytes by the seed.
    pub fn noise(&mut self, into: &mut [u8]) {
        into.fill_with(|| self.random.below(256) as u8);
    }

    /// The bytes of a sector.
    pub fn sector(&self) -> usize {
        self.sector
    }
}
