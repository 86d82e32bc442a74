-- Messages, item behind item.

local function fault_at(at, item, reason) return { at = at, text = (item.name or item.kind) .. " " .. reason } end

-- So many bytes without those that fill them up.
local function unpadded(s, at, bytes, pad)
  while pad and bytes > 0 and byte(s, at + bytes) == pad do bytes = bytes - 1 end
  return bytes
end

-- How many bytes an extent has, and where they begin; else nil and why.
local function extent_of(extent, s, at, to, item, pad)
  if extent.kind == "fixed" then return extent.bytes, at, 0 end
  if extent.kind == "rest" then return unpadded(s, at, to - at, pad), at, 0 end
  if extent.kind == "until" then
    local first, last = string.find(s, extent.delimiter, at + 1, true)
    if not first or last > to then return nil, fault_at(at, item, "is not closed") end
    return first - 1 - at, at, last - first + 1
  end
  if to - at < extent.size then return nil, fault_at(at, item, "is cut") end
  return whole(s, at, extent.size, extent.little), at + extent.size, 0
end

local function trimmed(extent, s, at, bytes) return unpadded(s, at, bytes, extent.pad) end

local function readable_number(s, at, item)
  return item.size <= 6 and whole(s, at, item.size, item.little) or nil -- of more bytes Wireshark itself makes a number
end

local function undigited(text, item)
  local hex = {}
  if #text % 2 ~= 0 then return nil end
  for i = 1, #text do
    local digit = string.find(item.digits, sub(text, i, i), 1, true)
    if not digit then return nil end
    hex[#hex + 1] = string.format("%x", digit - 1)
  end
  return table.concat(hex)
end

local read = {}

function read.number(item, s, at, to, families)
  if to - at < item.size then return nil, fault_at(at, item, "is cut") end
  local value = readable_number(s, at, item)
  if value and (value < item.least or item.most and value > item.most) then return nil, fault_at(at, item, "is not allowed") end
  if item.kind == "choice" and value and not item.names[value] then return nil, fault_at(at, item, "is no known choice") end
  if item.kind == "family" then
    local bytes = value == item.ipv4 and 4 or value == item.ipv6 and 16
    if not bytes then return nil, fault_at(at, item, "is no known family") end
    families[item.slot] = bytes
  end
  return at + item.size, { at = at, bytes = item.size, value = value }
end

read.choice, read.flags, read.family = read.number, read.number, read.number

function read.address(item, s, at, to, families)
  local bytes = item.bytes or families[item.family]
  if to - at < bytes then return nil, fault_at(at, item, "is cut") end
  return at + bytes, { at = at, bytes = bytes, value = sub(s, at + 1, at + bytes) }
end

function read.bytes(item, s, at, to, families, pad)
  local bytes, from, closing = extent_of(item.extent, s, at, to, item, pad)
  if not bytes then return nil, from end
  if bytes > to - from then return nil, fault_at(at, item, "is cut") end
  local text = sub(s, from + 1, from + trimmed(item.extent, s, from, bytes))
  local value = text
  if item.digits then
    value = undigited(text, item)
    if not value then return nil, fault_at(at, item, "is not in its digits") end
  end
  return from + bytes + closing, { at = from, bytes = #text, value = value, all_at = at, all_bytes = from + bytes + closing - at }
end

read.text = read.bytes

function read.constant(item, s, at, to)
  if sub(s, at + 1, math.min(to, at + #item.octets)) ~= item.octets then return nil, fault_at(at, item, "differs") end
  return at + #item.octets, { at = at, bytes = #item.octets }
end

function read.ethernet(item, s, at, to)
  if to - at < item.bytes then return nil, fault_at(at, item, "is cut") end
  return at + item.bytes, { at = at, bytes = item.bytes }
end

-- Reads the items of a message; each is given to `show` with where it lies. A block may be filled up behind the last. Returns a fault, or nil.
local function read_items(message, s, from, to, show)
  local pad = message.unframed and message.unframed.extent.pad
  local families = {}
  local at = from
  for _, item in ipairs(message.items) do
    local behind, found = read[item.kind](item, s, at, to, families, pad)
    if not behind then return found end
    if show then show(item, found) end
    at = behind
  end
  local left = unpadded(s, at, to - at, pad)
  return left > 0 and { at = at, text = left .. " bytes too many" } or nil
end

-- A message in front of the first frame: its bytes with all that closes or counts them, where its content lies, and its name.
-- nil: more must come. A fault: it is none of those that may come.
local function unframed(names, s, at)
  local outer = format.messages[names[1]].unframed
  local item = { name = names[1] }
  local bytes, from, closing = extent_of(outer.extent, s, at, #s, item)
  if not bytes then
    return #s - at >= outer.most and { fault = fault_at(at, item, "does not end") } or nil
  end
  local total = from - at + bytes + closing
  if total > outer.most then return { fault = fault_at(at, item, "is too long") } end
  if total > #s - at then return nil, total - (#s - at) end
  local to = from + bytes
  local fault
  for _, name in ipairs(names) do
    local wrong = read_items(format.messages[name], s, from, to)
    if not wrong then return { name = name, from = from, to = to, finish = at + total } end
    fault = fault or wrong
  end
  return { fault = fault }
end
