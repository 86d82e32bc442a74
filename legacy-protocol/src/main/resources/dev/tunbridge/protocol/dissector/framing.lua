-- Frames in a string of bytes. Offsets are from 0; `base` is where a frame's header begins.

local frame_check, header_check = checker(format.check), checker(format.header_check)

-- Bytes that a scan may put through a check until it gives up: each place is tried where the format has no sync.
local MOST_WORK = 4194304
local work = 0

local function bits_of(s, base, field)
  if field.size <= 6 then
    return floor(whole(s, base + field.at, field.size, field.little) / 2 ^ field.shift) % 2 ^ field.bits
  end
  local value = 0
  for i = field.shift + field.bits - 1, field.shift, -1 do
    local significance = floor(i / 8)
    local octet = byte(s, base + field.at + 1 + (field.little and significance or field.size - 1 - significance))
    value = value * 2 + floor(octet / 2 ^ (i % 8)) % 2
  end
  return value
end

local function has(s, base, pattern, most)
  for i = 1, math.min(#pattern, most or #pattern) do
    local p = pattern[i]
    if band(byte(s, base + p.at + 1), p.mask) ~= p.value then return false end
  end
  return true
end

local function digits(s, base, field, radix, digit_of)
  local value = 0
  for i = 0, field.size - 1 do
    local digit = digit_of(byte(s, base + field.at + 1 + (field.little and field.size - 1 - i or i)))
    if not digit then return nil end
    value = value * radix + digit
  end
  return value
end

local function decimal_digit(octet) return octet >= 48 and octet <= 57 and octet - 48 or nil end
local function hex_digit(octet) return octet < 128 and tonumber(char(octet), 16) or nil end
local function bcd_pair(octet)
  local high, low = floor(octet / 16), octet % 16
  return high < 10 and low < 10 and high * 10 + low or nil
end

-- Lengths that grow. Each answers with the bytes that it takes and its number; nil where it is not whole yet; false where it is none.
local growing = {}

-- seven bits a byte (MQTT 3.1.1, section 2.2.3)
function growing.varint(s, at, field)
  local value, weight = 0, 1
  for i = 0, field.size - 1 do
    local octet = byte(s, at + i + 1)
    if not octet then return nil end
    if field.little then value = value + octet % 128 * weight else value = value * 128 + octet % 128 end
    if octet < 128 then return i + 1, value end
    weight = weight * 128
  end
  return false
end

-- in its own bits, or in two or eight bytes behind, and never in more than it takes (RFC 6455, section 5.2)
function growing.staged(s, at, field)
  if at >= #s then return nil end
  local stage = floor(byte(s, at + 1) / 2 ^ field.shift) % 2 ^ field.bits
  local greatest = 2 ^ field.bits - 1
  if stage < greatest - 1 then return 1, stage end
  local following = stage < greatest and 2 or 8
  if #s - at < 1 + following then return nil end
  local value = whole(s, at + 1, following, field.little)
  if value < (following == 2 and greatest - 1 or 65536) then return false end
  return 1 + following, value
end

-- digits up to what closes them (RFC 9112, section 7.1)
local function closed_digits(s, at, field)
  local radix = field.encoding == "ascii-hex" and 16 or 10
  local digit_of = radix == 16 and hex_digit or decimal_digit
  local value, count = 0, 0
  while count < field.size and at + count < #s do
    local digit = digit_of(byte(s, at + count + 1))
    if not digit then break end
    value, count = value * radix + digit, count + 1
  end
  local there = math.min(#field["until"], #s - at - count)
  if there == 0 then return nil end
  if count == 0 or not has(s, at + count, field["until"], there) then return false end
  if there < #field["until"] then return nil end
  return count + there, value
end

local function grown(s, base)
  local field = format.length
  return (growing[field.encoding] or closed_digits)(s, base + field.at, field)
end

local function number_at(s, base, field)
  if field.encoding == "bcd" then return digits(s, base, field, 100, bcd_pair) end
  if field.encoding == "ascii-hex" then return digits(s, base, field, 16, hex_digit) end
  if field.encoding == "ascii-decimal" then return digits(s, base, field, 10, decimal_digit) end
  return bits_of(s, base, field)
end

-- Where the length stands once more.
local repetition
if format.length and format.length.repeated_at then
  repetition = setmetatable({ at = format.length.repeated_at }, { __index = format.length })
end

-- The bytes in front of the payload; nil where more must come, false where it is no head. The fewest of it are there.
local function head_bytes(s, base)
  if not format.length or not format.length.grows then return format.head end
  local size = grown(s, base)
  return size and format.length.at + size
end

-- What the length field says that the payload has, or nil where it cannot. The head is whole.
local function payload_bytes(s, base)
  local value
  if format.length.grows then
    local _, number = grown(s, base)
    value = number
  else
    value = number_at(s, base, format.length)
    if repetition and value ~= number_at(s, base, repetition) then return nil end
  end
  local bytes = value and value - format.length_bias
  return bytes and bytes >= 0 and bytes <= format.most and bytes or nil
end

-- What is wrong in a whole frame's end.
local function judged(s, base, head, payload)
  local payload_end = base + head + payload
  work = work + payload
  if not has(s, payload_end + format.tail - #format.trailer, format.trailer) then return "trailer" end
  if frame_check and frame_check.written(s, base, payload_end) ~= frame_check.computed(s, base, payload_end) then
    return "check"
  end
  return nil
end

local function is_header_right(s, base)
  local head_end = base + format.head
  return not header_check or header_check.written(s, base, head_end) == header_check.computed(s, base, head_end)
end

-- A probe answers one of
--   {kind = "frame", start, finish, content, base, head, payload, fault}  a whole one; fault where it is bad and its end is known all the same
--   {kind = "bad", fault}     none
--   {kind = "more", bytes}    undecided, so many are missing; nil: nobody knows
--   {kind = "idle"}           fill up to the end
local function plain(s, start)
  local at = start
  if format.shares_flag then
    local flag = format.sync[1].value
    while byte(s, at + 1) == flag and byte(s, at + 2) == flag do at = at + 1 end
  end
  local there = #s - at
  if there == 0 or format.shares_flag and there == 1 and byte(s, at + 1) == format.sync[1].value then return { kind = "idle" } end
  if not has(s, at, format.sync, there) then return { kind = "bad", fault = "sync" } end
  -- Not the rest of the header alone: what Wireshark is asked for twice within one segment it shows in its first pass only.
  if there < format.head then return { kind = "more", start = at } end
  if not has(s, at, format.constants) then return { kind = "bad", fault = "field" } end
  if not is_header_right(s, at) then return { kind = "bad", fault = "check of the header" } end
  local head = head_bytes(s, at)
  if head == nil then return { kind = "more", start = at } end
  local payload = head and payload_bytes(s, at)
  if not payload then return { kind = "bad", fault = "length" } end
  local total = head + payload + format.tail
  local finish = at + total - (format.shares_flag and 1 or 0)
  if there < total then return { kind = "more", bytes = total - there, start = at, finish = finish } end
  local fault = judged(s, at, head, payload)
  return { kind = "frame", start = at, finish = finish, content = s, base = at, head = head, payload = payload, fault = fault }
end

-- The same where the flag that opens the frame has come with the segment before, as the one that closed another.
local function behind_flag(s, start)
  local flagged = char(format.sync[1].value) .. sub(s, start + 1)
  local found = plain(flagged, 0)
  if found.finish then found.finish = start + found.finish - 1 end
  if found.kind == "frame" then
    found.content = sub(flagged, found.base + 1, found.base + found.head + found.payload + format.tail)
    found.base, found.is_apart = 0, true
  end
  if found.start then found.start = start + math.max(0, found.start - 1) end
  return found
end

-- What an escape leaves of a frame.
local function unescaped(start, finish, content)
  local payload = #content - format.head - format.tail
  local frame = { kind = "frame", start = start, finish = finish, content = content, base = 0, head = format.head, payload = payload }
  if payload < 0 or payload > format.most then
    frame.payload, frame.fault = nil, "length"
  elseif not has(content, 0, format.constants) then
    frame.fault = "field"
  elseif not is_header_right(content, 0) then
    frame.fault = "check of the header"
  elseif format.length and payload_bytes(content, 0) ~= payload then
    frame.fault = "length"
  else
    frame.fault = judged(content, 0, format.head, payload)
  end
  return frame
end

-- hdlc (RFC 1662) and slip (RFC 1055): nil where no encoder writes it.
local function unstuffed(raw)
  local parts, at = {}, 1
  while true do
    local mark = string.find(raw, format.escape.mark, at, true)
    parts[#parts + 1] = sub(raw, at, mark and mark - 1 or #raw)
    if not mark then return table.concat(parts) end
    local substitute = byte(raw, mark + 1)
    local original = substitute and (format.escape.originals and format.escape.originals[substitute]
        or not format.escape.originals and bxor(substitute, 32))
    if not original then return nil end
    parts[#parts + 1] = char(original)
    at = mark + 2
  end
end

-- cobs (Cheshire and Baker, 1999)
local function uncobbed(raw)
  local parts, at = {}, 1
  while at <= #raw do
    local code = byte(raw, at)
    if at + code > #raw + 1 then return nil end
    parts[#parts + 1] = sub(raw, at + 1, at + code - 1)
    at = at + code
    if code ~= 255 and at <= #raw then parts[#parts + 1] = "\0" end
  end
  return table.concat(parts)
end

local function delimited(s, start)
  local delimiter = format.escape.delimiter
  local at = start
  while byte(s, at + 1) == delimiter do at = at + 1 end
  if at == #s then return { kind = "idle" } end
  local ends = string.find(s, char(delimiter), at + 1, true)
  if not ends then
    local is_too_long = #s - at > format.escape.longest
    return is_too_long and { kind = "bad", fault = "length" } or { kind = "more", start = at }
  end
  local raw = sub(s, at + 1, ends - 1)
  work = work + #raw
  local content
  if format.escape.kind == "cobs" then content = uncobbed(raw) else content = unstuffed(raw) end
  if not content then
    return { kind = "frame", start = at, finish = ends, content = raw, base = 0, fault = "escape" }
  end
  return unescaped(at, ends, content)
end

-- dle: 10 02, content with each 10 doubled, 10 03
local function transparent(s, start)
  if start == #s then return { kind = "idle" } end
  if byte(s, start + 1) ~= 16 then return { kind = "bad", fault = "sync" } end
  if #s - start < 2 then return { kind = "more", start = start } end
  if byte(s, start + 2) ~= 2 then return { kind = "bad", fault = "sync" } end
  local parts, at = {}, start + 3
  while true do
    if at - start > format.escape.longest then return { kind = "bad", fault = "length" } end
    local mark = string.find(s, "\16", at, true)
    local second = mark and byte(s, mark + 1)
    if not second then return { kind = "more", start = start } end
    parts[#parts + 1] = sub(s, at, mark - 1)
    at = mark + 2
    if second == 3 then return unescaped(start, at - 1, table.concat(parts)) end
    if second ~= 16 then return { kind = "bad", fault = "escape" } end
    parts[#parts + 1] = "\16"
  end
end

local probe = not format.escape and plain or format.escape.kind == "dle" and transparent or delimited
local is_delimited = probe == delimited

-- The first offset from this one on where a frame may begin, told by marks alone; nil where there is none.
local function next_start(s, from)
  if is_delimited then
    local found = string.find(s, char(format.escape.delimiter), from + 1, true)
    return found and found - 1
  elseif format.escape then
    local found = string.find(s, "\16\2", from + 1, true) or (byte(s, #s) == 16 and #s > from and #s)
    return found and found - 1 or nil
  elseif format.sync[1] and format.sync[1].mask == 255 then
    local found = string.find(s, char(format.sync[1].value), from + 1, true)
    return found and found - 1
  end
  return from < #s and from or nil
end

-- Looks for a frame behind damage: a whole, valid one, else the first place where one may have begun. Both may be nil.
local function search(s, from)
  work = 0
  local undecided
  local at = from
  while at and at < #s and work < MOST_WORK do
    local found = probe(s, at)
    local is_sure = found.kind == "frame" and not found.fault and (at > from or not is_delimited or frame_check)
    if is_sure then return found, undecided end
    if found.kind == "more" and (at > from or not is_delimited) then undecided = undecided or found end
    at = next_start(s, at + 1)
  end
  return nil, undecided
end
