-- The stream: where frames begin in it, in which segment ever.

-- What is known of a place: a frame begins there; one is to be searched for; nothing can be said; or, above 0, that message in front
-- of the first frame; or a frame begins whose flag has come before. Places are sequence numbers, so that a second look finds what the first did.
local FRAME, SCAN, LOST, FLAG = 0, -1, -2, -3

local directions, last_packet, last_names, inside

function protocol.init()
  directions, last_packet, last_names, inside = {}, nil, nil, nil
end

local function first(field)
  local found = field()
  return found and found.value
end

local function direction_of()
  local source, target = first(tcp_source), first(tcp_target)
  local port = protocol.prefs.port
  local from_server = source == port or (target ~= port and source < target)
  local key = tostring(first(tcp_stream)) .. (from_server and "<" or ">")
  local direction = directions[key]
  if not direction then
    local end_ = from_server and "server" or "client"
    direction = { end_ = end_, prelude = format.prelude[end_], places = {}, faults = {}, joined = {} }
    directions[key] = direction
  end
  return direction
end

-- The sequence number of the first byte. What Wireshark has put together of several segments begins where that was asked for.
local function sequence_of(tvb, pinfo, direction)
  local header = tcp_header()
  if tvb:offset() > 0 then
    local payload_at = tcp_source().offset + header.value
    return first(tcp_seq) + tvb:offset() - payload_at
  end
  -- By the packet alone: a second pass gives less than the first, without the beginning of a frame that was left for the next packet.
  if not pinfo.visited and direction.awaited then direction.joined[pinfo.number] = direction.awaited end
  return direction.joined[pinfo.number] or direction.awaited or first(tcp_seq)
end

local function place_of(direction, sequence)
  local known = direction.places[sequence]
  if known then return known end
  local completeness = first(tcp_completeness)
  local has_beginning = completeness and completeness % 4 > 0 -- SYN or SYN-ACK
  if sequence == 1 and (has_beginning or not format.can_resynchronise) then
    return #direction.prelude > 0 and 1 or FRAME
  end
  if sequence == 1 and #direction.prelude > 0 then return 1 end
  return format.can_resynchronise and SCAN or next(direction.places) and LOST or FRAME
end

-- What is known of the place where these bytes end, and of what fault one has been searching since.
local function keep(direction, sequence, state)
  direction.places[sequence] = state.place
  direction.faults[sequence] = state.place == SCAN and (state.why or direction.faults[state.sequence]) or nil
end

-- Whether another frame seems to begin here: then the end of a bad one is believed.
local function seems_right(s, at)
  if at >= #s then return true end
  local next_one = probe(s, at)
  return next_one.kind ~= "bad"
end

local dissect = {}

-- Each takes the state of one call, moves state.at on, and returns whether there may be more to do.
dissect.prelude = function(state)
  local found, missing = unframed(state.direction.prelude[state.place], state.s, state.at)
  if not found then return state.wait(missing, nil) end
  if found.fault then
    if state.is_certain then
      show_skipped(state.at, #state.s, found.fault.text, state.tvb, state.tree)
      state.place, state.at = LOST, #state.s
    else -- the recording begins later
      state.place = format.can_resynchronise and SCAN or FRAME
    end
    return true
  end
  show_unframed(found, state.at, state.tvb, state.view, state.direction, state.tree)
  state.names[#state.names + 1] = found.name
  state.at = found.finish
  state.is_certain = true
  state.place = state.place < #state.direction.prelude and state.place + 1 or FRAME
  return true
end

local function show(state, found)
  state.names[#state.names + 1] = show_frame(found, state.tvb, state.direction, state.tree)
  state.at = found.finish
end

dissect.frame = function(state)
  local found = (state.place == FLAG and behind_flag or probe)(state.s, state.at)
  if found.kind == "idle" then
    state.at = #state.s
    state.place = flag and FLAG or FRAME
  elseif found.kind == "more" then
    return state.wait(found.bytes, found.finish)
  elseif found.kind == "frame" and (not found.fault or is_delimited or format.can_resynchronise and seems_right(state.s, found.finish)) then
    show(state, found)
    -- Behind the end of a bad one a shape may stand that is not searched for.
    state.place, state.why = found.fault and not is_delimited and only_shape and SCAN or FRAME, found.fault
  elseif format.can_resynchronise then
    state.place, state.why, state.bad = SCAN, found.fault, true
  else
    show_skipped(state.at, #state.s, found.fault .. "; this format has no way back into the stream", state.tvb, state.tree)
    state.place, state.at = LOST, #state.s
  end
  return true
end

dissect.scan = function(state)
  local fault = state.direction.faults[state.sequence]
  local why = state.why or fault and "no frame that is right yet, behind one of which: " .. fault or "behind bytes that are missing"
  local from = state.at
  local found, undecided = search(state.s, state.bad and from + 1 or from)
  state.bad = false
  if found then
    show_skipped(from, found.start, why, state.tvb, state.tree)
    state.at = found.start
    show(state, found)
    state.place = FRAME
    return true
  end
  local delimiter = is_delimited and next_start(state.s, from)
  local to = undecided and undecided.start or #state.s
  if delimiter then
    state.place = FRAME -- behind a delimiter frames are told apart again, be the next one whole or not
  end
  show_skipped(from, to, why, state.tvb, state.tree)
  state.at = to
  if undecided then return state.wait(nil, nil) end
  return true
end

dissect.lost = function(state)
  show_skipped(state.at, #state.s, "the beginning of the next frame is not known, and this format has no way back", state.tvb, state.tree)
  state.at = #state.s
  return true
end

local function wait_in(state, tvb, pinfo, sequence)
  local s = state.s
  return function(missing, finish)
    local direction = state.direction
    if flag and state.place == FRAME then
      -- A second pass gives the bytes up to here alone, and the frame before has this flag too.
      while byte(s, state.at + 1) == flag do state.at = state.at + 1 end
      state.place = FLAG
    end
    keep(direction, sequence + state.at, state)
    if finish and (state.place == FRAME or state.place == FLAG) then -- also where a part of it is lost
      direction.places[sequence + finish] = FRAME
      direction.cut = { from = sequence + state.at, to = sequence + finish }
    end
    if state.can_wait and tvb:reported_len() == tvb:len() then
      direction.awaited = sequence + state.at
      pinfo.desegment_offset = state.at
      pinfo.desegment_len = missing or DESEGMENT_ONE_MORE_SEGMENT
    else
      show_skipped(state.at, #state.s, "cut", tvb, state.tree)
    end
    return false
  end
end

local function tell(pinfo, names)
  if #names == 0 then return end
  if last_packet ~= pinfo.number then last_packet, last_names = pinfo.number, {} end
  for _, name in ipairs(names) do last_names[#last_names + 1] = name end
  pinfo.cols.info:clear_fence() -- dissectors of inner packets leave theirs behind
  pinfo.cols.protocol = format.name
  pinfo.cols.info = string.sub(table.concat(last_names, ", "), 1, 240)
end

local function dissect_stream(tvb, pinfo, tree)
  local direction = direction_of()
  local sequence = sequence_of(tvb, pinfo, direction)
  local s = tvb:raw(0, tvb:len())
  local place = place_of(direction, sequence)
  local state = {
    direction = direction, sequence = sequence, s = s, at = 0, place = place, tvb = tvb, pinfo = pinfo, tree = tree, names = {},
    view = { s = s, tvb = tvb, shift = 0 },
    can_wait = pinfo.can_desegment > 0, -- asked now: a malformed packet inside leaves another value behind
    is_certain = direction.places[sequence] ~= nil or (first(tcp_completeness) or 0) % 4 > 0,
  }
  state.wait = wait_in(state, tvb, pinfo, sequence)
  local cut = direction.cut
  if cut and tvb:offset() > 0 and not direction.places[sequence] and cut.from < sequence and sequence < cut.to then
    state.at = math.min(#s, cut.to - sequence)
    state.place = cut.to - sequence <= #s and FRAME or place
    show_skipped(0, state.at, "the rest of a frame whose beginning was not kept", tvb, tree)
  end
  while state.at < #s do
    local kind = state.place > 0 and "prelude" or state.place == SCAN and "scan" or state.place == LOST and "lost" or "frame"
    if not dissect[kind](state) then
      tell(pinfo, state.names)
      return tvb:len()
    end
  end
  keep(direction, sequence + #s, state)
  tell(pinfo, state.names)
  return tvb:len()
end

-- A tunnel in the tunnel is left as it is. Its packet has more TCP headers than there were when the outer one's turn began; nothing else
-- tells, because what began may never have ended.
local function is_nested(pinfo, headers) return inside and inside.number == pinfo.number and headers > inside.headers end

function protocol.dissector(tvb, pinfo, tree)
  local headers = select("#", tcp_seq())
  if tvb:len() == 0 or is_nested(pinfo, headers) then return 0 end
  inside = { number = pinfo.number, headers = headers }
  waiting = {}
  local result = dissect_stream(tvb, pinfo, tree)
  local offset, missing = pinfo.desegment_offset, pinfo.desegment_len
  hand_on_all(pinfo)
  pinfo.desegment_offset, pinfo.desegment_len = offset, missing -- those inside wait for nothing
  inside = nil
  return result
end

local ports = DissectorTable.get("tcp.port")
local registered = format.port

protocol.prefs.port = Pref.uint("TCP port of the server", format.port, "The port that the frames come from and go to")

function protocol.prefs_changed()
  if protocol.prefs.port ~= registered then
    ports:remove(registered, protocol)
    registered = protocol.prefs.port
    ports:add(registered, protocol)
  end
end

ports:add(registered, protocol)
