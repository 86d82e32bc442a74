-- Frames in a string of bytes. `base` is where a frame's header begins. Where frames have many shapes the first byte tells which.

local shapes_by_first = {}

local function field_of(shape, name)
  for _, field in ipairs(shape.fields) do
    if field.name == name then return field end
  end
  return nil
end

for _, shape in ipairs(format.shapes) do
  local type_field = field_of(shape, "type")
  local is_of_blocks = shape.check and shape.check.every > 0
  shape.frame_check = not is_of_blocks and checker(shape.check, type_field) or nil
  shape.block_check = is_of_blocks and block_checker(shape.check) or nil
  shape.head_check = checker(shape.header_check, type_field)
  if shape.length and shape.length.repeated_at then -- where the length stands once more
    shape.repetition = setmetatable({ at = shape.length.repeated_at }, { __index = shape.length })
  end
  if #format.shapes > 1 then shapes_by_first[shape.sync[1].value] = shape end
end

local only_shape = #format.shapes == 1 and format.shapes[1] or nil
local flag = format.shares_flag and only_shape.sync[1].value

-- Bytes that a scan may put through a check until it gives up: each place is tried where the format has no sync.
local MOST_WORK = 4194304
local work = 0

local function key_bytes(s, base, shape)
  return shape.mask and bits_of(s, base, shape.mask) == 1 and shape.mask.key_bytes or 0
end

-- The bytes in front of the payload; nil where more must come, false where it is no head. The fewest of it are there.
local function head_bytes(s, base, shape)
  if not shape.length or not shape.length.grows then return shape.head end
  local size = grown(s, base, shape.length)
  return size and shape.length.at + size + key_bytes(s, base, shape)
end

-- What the length field says that the payload has, or nil where it cannot. The head is whole.
local function payload_bytes(s, base, shape)
  local value
  if not shape.length then return shape.most end
  if shape.length.grows then
    local _, number = grown(s, base, shape.length)
    value = number
  else
    value = number_at(s, base, shape.length)
    if shape.repetition and value ~= number_at(s, base, shape.repetition) then return nil end
  end
  local bytes = value and value - shape.length_bias
  return bytes and bytes >= 0 and bytes <= shape.most and bytes or nil
end

-- What is wrong in a whole frame's end.
local function judged(s, base, payload_end, shape)
  local check = shape.frame_check
  work = work + payload_end - base
  if not has(s, payload_end + shape.tail - #shape.trailer, shape.trailer) then return "trailer" end
  if check and check.written(s, base, payload_end) ~= check.computed(s, base, payload_end) then return "check" end
  return nil
end

local function fault_in_blocks(blocks)
  for _, block in ipairs(blocks) do
    if block.written ~= block.computed then return "check" end
  end
  return nil
end

local function is_header_right(s, base, shape)
  local check, head_end = shape.head_check, base + shape.head
  return not check or check.written(s, base, head_end) == check.computed(s, base, head_end)
end

-- A probe answers one of
--   {kind = "frame", start, finish, shape, content, base, head, payload, fault}  a whole one; fault where it is bad and its end is known
--                             all the same; title where the content is not that of the wire; blocks where those of its payload have checks
--   {kind = "bad", fault}     none
--   {kind = "more", bytes}    undecided, so many are missing; nil: nobody knows
--   {kind = "idle"}           fill up to the end
local function plain(s, start)
  local at = start
  while flag and byte(s, at + 1) == flag and byte(s, at + 2) == flag do at = at + 1 end
  local there = #s - at
  if there == 0 or flag and there == 1 and byte(s, at + 1) == flag then return { kind = "idle" } end
  local shape = only_shape or shapes_by_first[byte(s, at + 1)]
  if not shape or not has(s, at, shape.sync, there) then return { kind = "bad", fault = "sync" } end
  -- Not the rest of the header alone: what Wireshark is asked for twice within one segment it shows in its first pass only.
  if there < shape.head then return { kind = "more", start = at } end
  if not has(s, at, shape.constants) then return { kind = "bad", fault = "field" } end
  if not is_header_right(s, at, shape) then return { kind = "bad", fault = "check of the header" } end
  local head = head_bytes(s, at, shape)
  if head == nil then return { kind = "more", start = at } end
  local payload = head and payload_bytes(s, at, shape)
  if not payload then return { kind = "bad", fault = "length" } end
  local payload_end = at + head + payload + (shape.block_check and shape.block_check.bytes(payload) or 0)
  local signature = shape.signature and bits_of(s, at, shape.signature) == 1 and shape.signature.bytes or 0
  local behind = payload_end + shape.tail + signature
  local finish = behind - (flag and 1 or 0)
  if #s < behind then return { kind = "more", bytes = behind - #s, start = at, finish = finish } end
  local blocks = shape.block_check and shape.block_check.blocks(s, at + head, payload)
  return {
    kind = "frame", start = at, finish = finish, shape = shape, content = s, base = at, head = head, payload = payload,
    blocks = blocks, signature = signature,
    fault = judged(s, at, payload_end, shape) or blocks and fault_in_blocks(blocks),
  }
end

-- The same where the flag that opens the frame has come with the segment before, as the one that closed another.
local function behind_flag(s, start)
  local flagged = char(flag) .. sub(s, start + 1)
  local found = plain(flagged, 0)
  if found.finish then found.finish = start + found.finish - 1 end
  if found.kind == "frame" then
    found.content = sub(flagged, found.base + 1, found.base + found.head + found.payload + found.shape.tail)
    found.base, found.title = 0, "Frame with the flag before it"
  end
  if found.start then found.start = start + math.max(0, found.start - 1) end
  return found
end

local function unmasked(payload, key)
  local octets = {}
  for i = 1, #payload do
    octets[i] = char(bxor(byte(payload, i), byte(key, (i - 1) % #key + 1)))
  end
  return table.concat(octets)
end

local function without_checks(s, blocks)
  local parts = {}
  for i, block in ipairs(blocks) do parts[i] = sub(s, block.from + 1, block.from + block.bytes) end
  return table.concat(parts)
end

-- The same frame as it was before its payload was masked, or checked in blocks.
local function rewritten(found)
  local s, base = found.content, found.base
  local key = found.payload and not found.title and key_bytes(s, base, found.shape) or 0
  if key == 0 and not found.blocks then return found end
  local payload_at = base + found.head
  local tail_at = payload_at + found.payload + (found.blocks and found.shape.block_check.bytes(found.payload) or 0)
  local payload
  if found.blocks then
    payload, found.title = without_checks(s, found.blocks), "Frame without the checks of its blocks"
  else
    payload = unmasked(sub(s, payload_at + 1, payload_at + found.payload), sub(s, payload_at - key + 1, payload_at))
    found.title, found.key = "Unmasked frame", key
  end
  found.content = sub(s, base + 1, payload_at) .. payload .. sub(s, tail_at + 1, tail_at + found.shape.tail)
  found.base = 0
  return found
end
