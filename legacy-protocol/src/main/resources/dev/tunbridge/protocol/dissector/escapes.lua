-- Frames between marks; they have one shape.

local escape = format.escape
local UNESCAPED = "Unescaped frame"

-- What lies between marks: so many bytes of a content from the base on.
local function marked(start, finish, content, base, bytes, title)
  local shape = only_shape
  local payload = bytes - shape.head - shape.tail
  local frame = {
    kind = "frame", start = start, finish = finish, shape = shape, content = content, base = base, head = shape.head, payload = payload,
    title = title,
  }
  if payload < 0 or payload > shape.most then
    frame.payload, frame.fault = nil, "length"
  elseif not has(content, base, shape.constants) then
    frame.fault = "field"
  elseif not is_header_right(content, base, shape) then
    frame.fault = "check of the header"
  elseif shape.length and payload_bytes(content, base, shape) ~= payload then
    frame.fault = "length"
  else
    frame.fault = judged(content, base, base + shape.head + payload, shape)
  end
  return frame
end

local function unescaped(start, finish, content) return marked(start, finish, content, 0, #content, UNESCAPED) end

-- hdlc (RFC 1662) and slip (RFC 1055): nil where no encoder writes it.
local function unstuffed(raw)
  local parts, at = {}, 1
  while true do
    local mark = string.find(raw, escape.mark, at, true)
    parts[#parts + 1] = sub(raw, at, mark and mark - 1 or #raw)
    if not mark then return table.concat(parts) end
    local substitute = byte(raw, mark + 1)
    local original = substitute and (escape.originals and escape.originals[substitute]
        or not escape.originals and bxor(substitute, 32))
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
  local delimiter = escape.delimiter
  local at = start
  while byte(s, at + 1) == delimiter do at = at + 1 end
  if at == #s then return { kind = "idle" } end
  local ends = string.find(s, char(delimiter), at + 1, true)
  if not ends then
    local is_too_long = #s - at > escape.longest
    return is_too_long and { kind = "bad", fault = "length" } or { kind = "more", start = at }
  end
  if escape.kind == "end" then return marked(at, ends, s, at, ends - 1 - at) end
  local raw = sub(s, at + 1, ends - 1)
  work = work + #raw
  local content
  if escape.kind == "cobs" then content = uncobbed(raw) else content = unstuffed(raw) end
  if not content then
    return { kind = "frame", start = at, finish = ends, shape = only_shape, content = raw, base = 0, title = UNESCAPED, fault = "escape" }
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
    if at - start > escape.longest then return { kind = "bad", fault = "length" } end
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

-- sml (BSI TR-03109-1): words of four bytes, of which those of the mark are doubled; how many bytes fill the last, and a CRC, in the closing mark
local sml_mark, sml_start = "\27\27\27\27", "\27\27\27\27\1\1\1\1"
local sml_crc = algorithms.crc({ width = 16, poly = 0x1021, init = 0xFFFF, refin = true, refout = true, xorout = 0xFFFF })

-- Of the frame whose closing mark is at this offset.
local function closed(s, start, at, content)
  local fill = byte(s, at + 6)
  if byte(s, at + 5) ~= 26 or fill > 3 or fill > #content then return { kind = "bad", fault = "escape" } end
  local frame = unescaped(start, at + 8, sub(content, 1, #content - fill))
  local check = { at = at + 6, size = 2, written = whole(s, at + 6, 2, true), computed = sml_crc(s, start, at + 6) }
  frame.mark_check = check
  if check.written ~= check.computed then frame.fault = "check" end
  return frame
end

local function in_words(s, start)
  if start == #s then return { kind = "idle" } end
  local there = math.min(#sml_start, #s - start)
  if sub(s, start + 1, start + there) ~= sub(sml_start, 1, there) then return { kind = "bad", fault = "sync" } end
  local parts, at = {}, start + #sml_start
  while at + 4 <= #s do
    if at - start > escape.longest then return { kind = "bad", fault = "length" } end
    local word = sub(s, at + 1, at + 4)
    at = at + 4
    if word == sml_mark then
      if at + 4 > #s then break end
      if sub(s, at + 1, at + 4) ~= sml_mark then return closed(s, start, at - 4, table.concat(parts)) end
      at = at + 4
    end
    parts[#parts + 1] = word
  end
  work = work + at - start
  return { kind = "more", start = start }
end
