-- What Wireshark shows.

local protocol = Proto(format.filter, format.title)
local all_fields, used = {}, {}

local function filter_name(name)
  local wanted = format.filter .. "." .. string.gsub(string.lower(name), "[^a-z0-9_.-]", "_")
  local free, n = wanted, 1
  while used[free] do
    n = n + 1
    free = wanted .. "_" .. n
  end
  used[free] = true
  return free
end

local function declare(kind, name, title, ...)
  local field = ProtoField[kind](filter_name(name), title, ...)
  all_fields[#all_fields + 1] = field
  return field
end

local function number_kind(bytes) return bytes == 1 and "uint8" or bytes == 2 and "uint16" or bytes <= 4 and "uint32" or "uint64" end

local shown = {
  frame = declare("bytes", "frame", "Frame"),
  sync = declare("bytes", "sync", "Sync"),
  length = declare("uint32", "length", "Length field", base.DEC),
  payload_length = declare("uint32", "payload_length", "Payload length", base.DEC),
  message = declare("string", "message", "Message"),
  payload = declare("bytes", "payload", "Payload"),
  check = declare("uint32", "check", "Check", base.HEX),
  check_status = declare("uint8", "check.status", "Check status", base.DEC, { [0] = "Bad", [1] = "Good" }),
  header_check = declare("uint32", "header_check", "Check of the header", base.HEX),
  header_check_status = declare("uint8", "header_check.status", "Status of the header's check", base.DEC, { [0] = "Bad", [1] = "Good" }),
  mask_key = declare("bytes", "mask_key", "Key of the mask"),
  trailer = declare("bytes", "trailer", "Trailer"),
  signature = declare("bytes", "signature", "Signature"),
  fault = declare("string", "fault", "Fault"),
  skipped = declare("bytes", "skipped", "Bytes that are no frame"),
}

-- A field of a name that shapes share is one to look for, as wide as the widest.
local widest = {}
for _, shape in ipairs(format.shapes) do
  for _, field in ipairs(shape.fields) do widest[field.name] = math.max(field.bits, widest[field.name] or 0) end
end
local shown_fields = {}
for _, shape in ipairs(format.shapes) do
  for _, field in ipairs(shape.fields) do
    local name = field.name
    shown_fields[name] = shown_fields[name] or declare(number_kind(math.ceil(widest[name] / 8)), "header." .. name, name, base.DEC,
        name == "type" and format.types or nil)
    field.shown = shown_fields[name]
  end
end
local shown_type = declare("uint32", "type", "Type", base.DEC, format.types)

for name, message in pairs(format.messages) do
  for _, item in ipairs(message.items) do
    local full = "message." .. name .. "." .. (item.name or "constant")
    local title = item.name or "constant"
    if item.kind == "address" then
      item.shown = item.bytes ~= 16 and declare("ipv4", full, title) or nil
      item.shown_v6 = item.bytes ~= 4 and declare("ipv6", full .. ".v6", title) or nil
    elseif item.size then
      item.shown = declare(number_kind(item.size), full, title, item.kind == "flags" and base.HEX or base.DEC,
          item.kind == "choice" and item.size <= 4 and item.names or nil)
    else
      item.shown = declare(item.kind == "text" and "string" or "bytes", full, title)
    end
  end
end

protocol.fields = all_fields

local expert_fault = ProtoExpert.new(format.filter .. ".fault.expert", "Fault", expert.group.MALFORMED, expert.severity.ERROR)
local expert_check = ProtoExpert.new(format.filter .. ".check.expert", "Check differs", expert.group.CHECKSUM, expert.severity.ERROR)
protocol.experts = { expert_fault, expert_check }

local tcp_stream, tcp_seq, tcp_source, tcp_target = Field.new("tcp.stream"), Field.new("tcp.seq"), Field.new("tcp.srcport"), Field.new("tcp.dstport")
local tcp_header, tcp_completeness = Field.new("tcp.hdr_len"), Field.new("tcp.completeness")

local function ip_header(is_v6, ip_protocol, source, target, bytes)
  if is_v6 then
    return "\96\0\0\0" .. char(floor(bytes / 256), bytes % 256, ip_protocol, 64) .. source .. target
  end
  local total = bytes + 20
  local head = "\69\0" .. char(floor(total / 256), total % 256) .. "\0\0\64\0" .. char(64, ip_protocol)
  local sum = 0
  local summed = head .. source .. target
  for i = 1, #summed, 2 do sum = sum + byte(summed, i) * 256 + byte(summed, i + 1) end
  while sum > 65535 do sum = sum % 65536 + floor(sum / 65536) end
  sum = 65535 - sum
  return head .. char(floor(sum / 256), sum % 256) .. source .. target
end

local ip, ipv6, eth = Dissector.get("ip"), Dissector.get("ipv6"), Dissector.get("eth_withoutfcs")

-- Inner packets wait here until all else is done: an exception in one of them, should it get through pcall, must not take the frames
-- behind it along.
local waiting = {}

local function hand_on(packet, tree, is_ethernet)
  waiting[#waiting + 1] = { packet = packet, tree = tree, is_ethernet = is_ethernet }
end

local function hand_on_all(pinfo)
  local packets = waiting
  waiting = {}
  for _, each in ipairs(packets) do
    local version = each.packet:len() > 0 and floor(each.packet(0, 1):uint() / 16)
    if each.is_ethernet then
      pcall(function() eth:call(each.packet, pinfo, each.tree) end)
    elseif version == 4 or version == 6 then
      pcall(function() (version == 4 and ip or ipv6):call(each.packet, pinfo, each.tree) end)
    end
  end
end

-- Segments and datagrams come without their IP header: one is made of the addresses that the message names.
local function hand_on_segment(message, addresses, content, direction, tree)
  local client, device = addresses["client-address"], addresses["device-address"]
  if not client or not device or #client ~= #device then return end
  local from_server = direction.end_ == "server"
  local header = ip_header(#client == 16, message.means == "tcp" and 6 or 17,
      from_server and client or device, from_server and device or client, #content)
  hand_on(ByteArray.new(header .. content, true):tvb("IP packet, its header made of the message's addresses"), tree)
end

local function show_item(item, found, view, tree)
  if found.bytes == 0 then return end
  local range = view.tvb(view.shift + found.at, found.bytes)
  if item.kind == "address" then
    tree:add(found.bytes == 4 and item.shown or item.shown_v6, range)
  elseif item.kind == "text" then
    tree:add(item.shown, range, found.value)
  elseif item.digits then
    tree:add(item.shown, range):append_text(" = " .. found.value)
  elseif item.kind == "flags" and found.value then
    local names = {}
    for name, bit in pairs(item.names) do
      if bit > 0 and band(found.value, bit) == bit then names[#names + 1] = name end
    end
    table.sort(names)
    tree:add(item.shown, range, found.value):append_text(" (" .. table.concat(names, ", ") .. ")")
  elseif item.size and found.value then
    tree:add(item.shown, range, found.value)
  elseif item.size and item.little then
    tree:add_le(item.shown, range)
  else
    tree:add(item.shown, range)
  end
end

-- A view is where the string that was read lies in Wireshark's buffers: view.tvb(view.shift + offset).
local function show_message(name, view, from, to, direction, tree, top)
  local message = format.messages[name]
  local addresses, content, ethernet = {}, nil, nil
  local fault = read_items(message, view.s, from, to, function(item, found)
    if item.kind == "ethernet" then
      ethernet = found -- Wireshark shows it
      return
    end
    show_item(item, found, view, tree)
    if item.kind == "address" then addresses[item.name] = found.value end
    if item.name == "content" then content = found end
  end)
  if fault then
    tree:add(shown.fault, name .. ": " .. fault.text .. " at byte " .. (fault.at - from)):add_proto_expert_info(expert_fault)
  elseif content and content.bytes > 0 then
    if ethernet then
      hand_on(view.tvb(view.shift + ethernet.at, ethernet.bytes + content.bytes):tvb(), top, true)
    elseif message.means == "packet" then
      hand_on(view.tvb(view.shift + content.at, content.bytes):tvb(), top)
    elseif message.means == "tcp" or message.means == "udp" then
      hand_on_segment(message, addresses, content.value, direction, top)
    end
  end
end

local function show_result(written, computed, range, item, status, tree)
  local branch = tree:add(item, range, written or 0)
  local is_good = written == computed
  if not written then branch:append_text(" (not as a check is written)") end
  branch:add(status, is_good and 1 or 0):set_generated()
  if not is_good then
    branch:append_text(computed and string.format(" (computed 0x%x)", computed) or " (the type's own byte is not known)")
    branch:add_proto_expert_info(expert_check)
  end
end

local function show_check(check, item, status, view, base_at, payload_end, tree)
  if not check then return end
  show_result(check.written(view.s, base_at, payload_end), check.computed(view.s, base_at, payload_end),
      view.tvb(view.shift + check.at(base_at, payload_end), check.size), item, status, tree)
end

-- Checks that an unescaped frame has not: they stand in the segment itself.
local function show_wire_checks(found, tvb, tree)
  local checks = found.blocks or { found.mark_check }
  for _, check in ipairs(checks) do
    show_result(check.written, check.computed, tvb(check.at, check.size), shown.check, shown.check_status, tree)
  end
end

local function show_header(view, base_at, shape, tree)
  if #shape.sync > 0 then tree:add(shown.sync, view.tvb(view.shift + base_at, #shape.sync)) end
  for _, field in ipairs(shape.fields) do
    local range = view.tvb(view.shift + base_at + field.at, field.size)
    if field.bits <= 32 then
      tree:add(field.shown, range, bits_of(view.s, base_at, field))
    elseif field.bits == 8 * field.size and field.little then
      tree:add_le(field.shown, range)
    else
      tree:add(field.shown, range)
    end
  end
  if shape.length then
    local size = shape.length.grows and grown(view.s, base_at, shape.length) or shape.length.size
    local value = payload_bytes(view.s, base_at, shape)
    if value then
      tree:add(shown.length, view.tvb(view.shift + base_at + shape.length.at, size), value + shape.length_bias)
    end
  end
end

-- Nil where the payload is too short for the type that lies in it.
local function type_of(s, base_at, payload_at, payload_end, shape)
  local field = field_of(shape, "type")
  if field then return bits_of(s, base_at, field) end
  field = shape.payload_type
  if not field then return shape.only_type end
  return payload_at + field.at + field.size <= payload_end and bits_of(s, payload_at, field) or nil
end

local function type_name(number)
  if not number or format.types[number] then return number and format.types[number] end
  for _, masked in ipairs(format.masked_types) do
    if band(number, masked.mask) == masked.value then return masked.name end
  end
  return nil
end

-- Shows a frame, and returns the name of its message.
local function show_frame(probed, tvb, direction, top)
  local found = rewritten(probed)
  local shape = found.shape
  local range = tvb(found.start, found.finish - found.start)
  local branch = top:add(protocol, range)
  local view = { s = found.content, tvb = tvb, shift = 0 }
  if found.title then
    if #found.content > 0 then view.tvb = ByteArray.new(found.content, true):tvb(found.title) end
    branch:add(shown.frame, range)
  end
  if not found.payload then
    branch:add(shown.fault, found.fault):add_proto_expert_info(expert_fault)
    branch:append_text(", bad: " .. found.fault)
    return "bad frame"
  end
  local base_at, payload_at = found.base, found.base + found.head
  local payload_end = payload_at + found.payload
  local number = type_of(view.s, base_at, payload_at, payload_end, shape)
  local name = type_name(number)
  show_header(view, base_at, shape, branch)
  if found.key then branch:add(shown.mask_key, view.tvb(view.shift + payload_at - found.key, found.key)) end
  if number then branch:add(shown_type, number):set_generated() end
  branch:add(shown.message, name or "unknown"):set_generated()
  branch:add(shown.payload_length, found.payload):set_generated()
  branch:append_text(", " .. (name or "type " .. (number or "none")) .. ", " .. found.payload .. " bytes")
  show_check(shape.head_check, shown.header_check, shown.header_check_status, view, base_at, payload_at, branch)
  show_check(shape.frame_check, shown.check, shown.check_status, view, base_at, payload_end, branch)
  show_wire_checks(found, tvb, branch)
  local trailer = #shape.trailer + (format.escape and format.escape.kind == "end" and 1 or 0)
  if trailer > 0 then
    branch:add(shown.trailer, view.tvb(view.shift + payload_end + shape.tail - #shape.trailer, trailer))
  end
  if found.signature and found.signature > 0 then
    branch:add(shown.signature, tvb(found.finish - found.signature, found.signature))
  end
  if found.fault then
    branch:add(shown.fault, found.fault):add_proto_expert_info(expert_fault)
    branch:append_text(", bad: " .. found.fault)
    return "bad frame"
  end
  if found.payload > 0 then
    local payload = branch:add(shown.payload, view.tvb(view.shift + payload_at, found.payload))
    local stripped = shape.payload_type and shape.payload_type.stripped or 0
    if name then show_message(name, view, payload_at + stripped, payload_end, direction, payload, top) end
  elseif name then
    show_message(name, view, payload_at, payload_end, direction, branch, top)
  end
  return name or "type " .. (number or "none")
end

local function show_unframed(found, at, tvb, view, direction, top)
  local branch = top:add(protocol, tvb(at, found.finish - at))
  branch:append_text(", " .. found.name .. ", in front of the first frame")
  branch:add(shown.message, found.name):set_generated()
  show_message(found.name, view, found.from, found.to, direction, branch, top)
end

local function show_skipped(from, to, why, tvb, top)
  if to <= from then return end
  local branch = top:add(protocol, tvb(from, to - from))
  branch:append_text(", " .. (to - from) .. " bytes that are no frame: " .. why)
  branch:add(shown.skipped, tvb(from, to - from))
  branch:add(shown.fault, why):add_proto_expert_info(expert_fault)
end
