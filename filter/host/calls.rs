//! Envoy's host calls, on bytes, with every status a value.
//!
//! The SDK's own wrappers panic on statuses they do not expect and on header values that are not UTF-8; a panic costs
//! every stream on its worker. ABI: <https://github.com/proxy-wasm/spec/tree/main/abi-versions/v0.2.1>.
#![expect(unsafe_code, reason = "the host's functions are foreign, and it hands over memory by address")]

use std::time::Duration;

use ferro::contract::{BASE_METADATA, PLACE_METADATA, TARGET_STATE};
use ferro::exchange::{HeaderBlock, Reply};
use ferro::gateway::Call;
use proxy_wasm::hostcalls;

/// A host call that did not succeed, and its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed(pub u32);

/// What a host call gives.
pub type Result<T> = std::result::Result<T, Failed>;

/// Which headers.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Map {
    Request = 0,
    RequestTrailers = 1,
    Response = 2,
    ResponseTrailers = 3,
    CallResponse = 6,
}

/// Which bytes.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Buffer {
    RequestBody = 0,
    ResponseBody = 1,
    CallResponseBody = 4,
    PluginConfiguration = 7,
}

unsafe extern "C" {
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_header_map_pairs(map: u32, data: *const u8, size: usize) -> u32;
    fn proxy_get_header_map_value(
        map: u32,
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        key: *const u8,
        key_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_remove_header_map_value(map: u32, key: *const u8, key_size: usize) -> u32;
    fn proxy_get_buffer_bytes(
        buffer: u32,
        start: usize,
        length: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_buffer_bytes(buffer: u32, start: usize, length: usize, data: *const u8, size: usize) -> u32;
    fn proxy_get_property(path: *const u8, path_size: usize, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_property(path: *const u8, path_size: usize, data: *const u8, size: usize) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
        version: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(
        key: *const u8,
        key_size: usize,
        data: *const u8,
        size: usize,
        version: u32,
    ) -> u32;
    fn proxy_log(level: u32, message: *const u8, size: usize) -> u32;
    fn proxy_record_metric(id: u32, value: u64) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, name_size: usize, id: *mut u32) -> u32;
    fn proxy_increment_metric(id: u32, by: i64) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_close_stream(stream: u32) -> u32;
    fn proxy_continue_stream(stream: u32) -> u32;
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_size: usize,
        arguments: *const u8,
        arguments_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
}

/// All headers of a map, as the host encodes them; [`ferro::exchange::decode_headers`] takes them apart.
pub fn headers(map: Map) -> Result<Vec<u8>> {
    may_fail(matches!(map, Map::Response), "read-headers")?;
    received(|data, size| unsafe { proxy_get_header_map_pairs(map as u32, data, size) })
}

/// Replaces all headers of a map, pseudo-headers included.
pub fn set_headers(map: Map, headers: &HeaderBlock) -> Result<()> {
    may_fail(matches!(map, Map::Response), "write-headers")?;
    let bytes = headers.encoded();
    done(unsafe { proxy_set_header_map_pairs(map as u32, bytes.as_ptr(), bytes.len()) })
}

/// One header.
pub fn header(map: Map, name: &str) -> Result<Vec<u8>> {
    received(|data, size| unsafe {
        proxy_get_header_map_value(map as u32, name.as_ptr(), name.len(), data, size)
    })
}

/// Sets one header, whether it is there or not.
pub fn set_header(map: Map, name: &str, value: &str) -> Result<()> {
    done(unsafe {
        proxy_replace_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len())
    })
}

/// Removes one header.
pub fn remove_header(map: Map, name: &str) -> Result<()> {
    done(unsafe { proxy_remove_header_map_value(map as u32, name.as_ptr(), name.len()) })
}

/// `length` bytes of a buffer from `start`.
pub fn buffer(buffer: Buffer, start: usize, length: usize) -> Result<Vec<u8>> {
    if length == 0 {
        return Ok(Vec::new());
    }
    may_fail(matches!(buffer, Buffer::ResponseBody), "read-body")?;
    received(|data, size| unsafe { proxy_get_buffer_bytes(buffer as u32, start, length, data, size) })
}

/// Replaces the first `length` bytes of a buffer.
pub fn set_buffer(buffer: Buffer, length: usize, bytes: &[u8]) -> Result<()> {
    may_fail(matches!(buffer, Buffer::ResponseBody), "write-body")?;
    done(unsafe { proxy_set_buffer_bytes(buffer as u32, 0, length, bytes.as_ptr(), bytes.len()) })
}

/// A property; the parts of its path are separated by zero bytes.
pub fn property(path: &str) -> Result<Vec<u8>> {
    received(|data, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, size) })
}

/// Whether the attempt is in the cluster whose metadata name this place. Nothing is handed over, which would cost more
/// than the question.
pub fn is_in_cluster(place: &str) -> bool {
    property(&["xds\0cluster_metadata\0filter_metadata\0", PLACE_METADATA, "\0", place].concat()).is_ok()
}

/// What stands before every path where the client connected; empty for nothing.
pub fn base() -> Result<String> {
    let path = ["xds\0listener_metadata\0filter_metadata\0", PLACE_METADATA, "\0", BASE_METADATA].concat();
    match property(&path) {
        Ok(base) => String::from_utf8(base).map_err(|_| Failed(NOT_TEXT)),
        Err(Failed(NOT_FOUND)) => Ok(String::new()),
        Err(failed) => Err(failed),
    }
}

const NOT_FOUND: u32 = 1;
const NOT_TEXT: u32 = 3;

/// Writes filter state, which Envoy keeps under `wasm.` and this name.
pub fn set_state(name: &str, value: &[u8]) -> Result<()> {
    may_fail(name == TARGET_STATE, "name-target")?;
    done(unsafe { proxy_set_property(name.as_ptr(), name.len(), value.as_ptr(), value.len()) })
}

/// Reads filter state that [`set_state`] wrote, in either position.
pub fn state(name: &str) -> Result<Vec<u8>> {
    property(&format!("filter_state\0wasm.{name}"))
}

/// What all workers share under a key, and its version.
pub fn shared(key: &str) -> Result<(Vec<u8>, u32)> {
    let mut version = 0;
    let bytes = received(|data, size| unsafe {
        proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &mut version)
    })?;
    Ok((bytes, version))
}

/// Shares bytes under a key, if there is nothing yet or it has this version. Version 0 is any; Envoy itself counts from 1.
pub fn share(key: &str, bytes: &[u8], version: u32) -> Result<()> {
    done(unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), bytes.as_ptr(), bytes.len(), version) })
}

/// The counter of this name. All workers that ask for it get the same.
pub fn counter(name: &str) -> Result<u32> {
    const COUNTER: u32 = 0;
    let mut id = 0;
    done(unsafe { proxy_define_metric(COUNTER, name.as_ptr(), name.len(), &mut id) })?;
    Ok(id)
}

/// The gauge of this name. All workers that ask for it get the same.
pub fn gauge(name: &str) -> Result<u32> {
    const GAUGE: u32 = 1;
    let mut id = 0;
    done(unsafe { proxy_define_metric(GAUGE, name.as_ptr(), name.len(), &mut id) })?;
    Ok(id)
}

/// Sets a gauge.
pub fn record(gauge: u32, value: u64) -> Result<()> {
    done(unsafe { proxy_record_metric(gauge, value) })
}

/// Writes a line to Envoy's log. There is nobody to tell if that fails.
pub fn log(level: u32, line: &str) {
    let _ = unsafe { proxy_log(level, line.as_ptr(), line.len()) };
}

/// Counts one more.
pub fn count(counter: u32) -> Result<()> {
    done(unsafe { proxy_increment_metric(counter, 1) })
}

/// Nanoseconds since the Unix epoch.
pub fn now() -> u64 {
    let mut time = 0;
    match unsafe { proxy_get_current_time_nanoseconds(&mut time) } {
        0 => time,
        _ => 0,
    }
}

/// Makes the router choose the route again.
pub fn clear_route_cache() -> Result<()> {
    let name = "clear_route_cache";
    received(|data, size| unsafe {
        proxy_call_foreign_function(name.as_ptr(), name.len(), std::ptr::null(), 0, data, size)
    })
    .map(|_| ())
}

/// Answers the request. `details` are for the access log.
pub fn reply(reply: &Reply, details: &str) -> Result<()> {
    let headers = reply.headers.iter().map(|(name, value)| (name, value)).collect::<HeaderBlock>().encoded();
    done(unsafe {
        proxy_send_local_response(
            u32::from(reply.status),
            details.as_ptr(),
            details.len(),
            reply.body.as_ptr(),
            reply.body.len(),
            headers.as_ptr(),
            headers.len(),
            -1,
        )
    })
}

const RESPONSE: u32 = 1;

/// Breaks the transport of the answer.
pub fn cut_response() -> Result<()> {
    done(unsafe { proxy_close_stream(RESPONSE) })
}

/// Lets an answer go on that was held.
pub fn continue_response() -> Result<()> {
    done(unsafe { proxy_continue_stream(RESPONSE) })
}

/// Makes the calls that follow speak for another context of this VM.
pub fn speak_for(context: u32) -> Result<()> {
    done(unsafe { proxy_set_effective_context(context) })
}

/// Asks for something of the gateway's own. Gives the number under which the context that asks hears of the answer, within the
/// request's time and once. The SDK keeps that number, so this is its call: it panics on statuses only that Envoy does
/// not give here.
pub fn ask(call: &Call) -> Result<u32> {
    let headers = call.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let (cluster, body) = (&call.cluster, Some(call.body.as_bytes()).filter(|body| !body.is_empty()));
    hostcalls::dispatch_http_call(cluster, headers, body, Vec::new(), call.timeout)
        .map_err(|status| Failed(status as u32))
}

/// Has the root context called at this interval.
pub fn set_tick(period: Duration) -> Result<()> {
    let milliseconds = u32::try_from(period.as_millis()).unwrap_or(u32::MAX);
    done(unsafe { proxy_set_tick_period_milliseconds(milliseconds) })
}

/// A test may want this call to fail.
#[cfg_attr(
    not(feature = "fault-injection"),
    expect(clippy::unnecessary_wraps, reason = "it fails under a feature")
)]
fn may_fail(applies: bool, call: &str) -> Result<()> {
    #[cfg(feature = "fault-injection")]
    if applies && crate::fault::fails(call) {
        const INTERNAL: u32 = 10;
        return Err(Failed(INTERNAL));
    }
    let _ = (applies, call);
    Ok(())
}

const fn done(status: u32) -> Result<()> {
    match status {
        0 => Ok(()),
        status => Err(Failed(status)),
    }
}

/// Memory that the host filled.
fn received(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Vec<u8>> {
    let mut data: *mut u8 = std::ptr::null_mut();
    let mut size = 0;
    done(call(&mut data, &mut size))?;
    match data.is_null() {
        true => Ok(Vec::new()),
        // SAFETY: the host got this memory from the SDK's `proxy_on_memory_allocate`, which leaks a `Vec` of this
        // capacity, and gives it away with the call.
        false => Ok(unsafe { Vec::from_raw_parts(data, size, size) }),
    }
}
