//! A network that can be cut: what goes to an address goes through here.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// A proxy to one address.
pub struct Proxy {
    address: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    cut: AtomicBool,
    /// Where it leads to.
    server: Mutex<String>,
    /// Bytes that went towards the server.
    passed: AtomicU64,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Listens on a free port.
    ///
    /// # Panics
    /// When there is none.
    pub fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let shared = Arc::new(Shared { server: Mutex::new(server.to_owned()), ..Shared::default() });
        let accepting = shared.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A cut network is one on which nothing answers.
                if accepting.cut.load(Ordering::Relaxed) {
                    continue;
                }
                let server = accepting.server.lock().expect("a lock").clone();
                let Ok(server) = TcpStream::connect(server) else { continue };
                join(&client, &server, &accepting);
            }
        });
        Self { address, shared }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Leads to another address from now on: whoever listens there has been started anew.
    ///
    /// # Panics
    /// When another thread panicked.
    pub fn lead_to(&self, server: &str) {
        server.clone_into(&mut self.shared.server.lock().expect("a lock"));
    }

    /// How many bytes have gone towards the server.
    pub fn passed(&self) -> u64 {
        self.shared.passed.load(Ordering::Relaxed)
    }

    /// Ends what is open and lets nothing new in.
    ///
    /// # Panics
    /// When another thread panicked.
    pub fn cut(&self) {
        self.shared.cut.store(true, Ordering::Relaxed);
        for stream in self.shared.open.lock().expect("a lock").drain(..) {
            // It may have ended by itself.
            let _ended = stream.shutdown(Shutdown::Both).is_ok();
        }
    }

    /// Lets connections through again.
    pub fn heal(&self) {
        self.shared.cut.store(false, Ordering::Relaxed);
    }
}

fn join(client: &TcpStream, server: &TcpStream, shared: &Arc<Shared>) {
    let copies = || Some((client.try_clone().ok()?, server.try_clone().ok()?));
    let (Some((client_a, server_a)), Some((client_b, server_b))) = (copies(), copies()) else { return };
    shared.open.lock().expect("a lock").extend([client_a, server_a]);
    let counting = shared.clone();
    let (from, to) = (client_b.try_clone().expect("a handle"), server_b.try_clone().expect("a handle"));
    std::thread::spawn(move || {
        copy(from, to, |n| {
            counting.passed.fetch_add(n, Ordering::Relaxed);
        })
    });
    std::thread::spawn(move || copy(server_b, client_b, |_| {}));
}

fn copy(mut from: TcpStream, mut to: TcpStream, count: impl Fn(u64)) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 || to.write_all(&buffer[..read]).is_err() {
            break;
        }
        count(read as u64);
    }
    // Either side may have ended before.
    let _ended = (from.shutdown(Shutdown::Both).is_ok(), to.shutdown(Shutdown::Both).is_ok());
}
