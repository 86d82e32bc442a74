-- The search for a frame behind damage.

local probes = { dle = transparent, sml = in_words }
local probe = not escape and plain or probes[escape.kind] or delimited
local is_delimited = probe == delimited
local starts = { dle = "\16\2", sml = sml_start }

-- The first offset from this one on where a mark begins, whole or cut by the end.
local function next_mark(s, from, mark)
  local found = string.find(s, mark, from + 1, true)
  if found then return found - 1 end
  for bytes = math.min(#mark - 1, #s - from), 1, -1 do
    if sub(s, #s - bytes + 1) == sub(mark, 1, bytes) then return #s - bytes end
  end
  return nil
end

-- Shapes that prove too little by themselves count behind another frame only.
local function next_searched(s, from)
  for at = from, #s - 1 do
    local shape = shapes_by_first[byte(s, at + 1)]
    if shape and shape.is_searched then return at end
  end
  return nil
end

-- The first offset from this one on where a frame may begin, told by marks alone; nil where there is none.
local function next_start(s, from)
  if is_delimited then return next_mark(s, from, char(escape.delimiter)) end
  if escape then return next_mark(s, from, starts[escape.kind]) end
  if not only_shape then return next_searched(s, from) end
  local first = only_shape.sync[1]
  if first and first.mask == 255 then return next_mark(s, from, char(first.value)) end
  return from < #s and from or nil
end

-- Looks for a frame behind damage: a whole, valid one, else the first place where one may have begun. Both may be nil.
local function search(s, from)
  work = 0
  local undecided
  local at = is_delimited and from or next_start(s, from)
  while at and at < #s and work < MOST_WORK do
    local found = probe(s, at)
    -- What lies in front of the first delimiter may be the end of a frame, and pass a short check.
    local is_marked = at > from or not is_delimited
    local is_sure = is_marked or only_shape.frame_check and only_shape.frame_check.bits >= 16
    if found.kind == "frame" and not found.fault and is_sure then return found, undecided end
    if found.kind == "more" and is_marked then undecided = undecided or found end
    at = next_start(s, at + 1)
  end
  return nil, undecided
end
