-- Checks, over strings of bytes.

local function mirrored(value, bits)
  local result = 0
  for _ = 1, bits do
    result = result * 2 + value % 2
    value = floor(value / 2)
  end
  return result
end

-- Each makes a function of a string, the first offset and the one behind the last; a CRC's may go on over one byte more, which stands nowhere.
local algorithms = {}

function algorithms.crc(c)
  local top = 2 ^ c.width
  local poly = c.refin and mirrored(c.poly, c.width) or c.poly
  local initial = c.refin and mirrored(c.init, c.width) or c.init
  local effects = {}
  for i = 0, 255 do
    local register = c.refin and i or i * top / 256
    for _ = 1, 8 do
      if c.refin then
        local odd = register % 2 == 1
        register = floor(register / 2)
        register = odd and bxor(register, poly) or register
      else
        local carry = register >= top / 2
        register = register * 2 % top
        register = carry and bxor(register, poly) or register
      end
    end
    effects[i] = register
  end
  local function after(register, octet)
    if c.refin then return bxor(floor(register / 256), effects[bxor(register % 256, octet)]) end
    return bxor(register * 256 % top, effects[bxor(floor(register / (top / 256)), octet)])
  end
  return function(s, from, to, extra)
    local register = initial
    for at = from + 1, to do register = after(register, byte(s, at)) end
    if extra then register = after(register, extra) end
    if c.refin ~= c.refout then register = mirrored(register, c.width) end
    return bxor(register, c.xorout)
  end
end

function algorithms.sum(c)
  local top = 2 ^ (8 * c.size)
  return function(s, from, to)
    local sum = c.init
    for at = from + 1, to do sum = sum + byte(s, at) end
    sum = sum % top
    if c.complement == "ones" then return top - 1 - sum end
    if c.complement == "twos" then return (top - sum) % top end
    return sum
  end
end

function algorithms.xor(c)
  return function(s, from, to)
    local sum = c.init
    for at = from + 1, to do sum = bxor(sum, byte(s, at)) end
    return sum
  end
end

function algorithms.fletcher(c)
  return function(s, from, to)
    local sum, sums = c.init, 0
    for at = from + 1, to do
      sum = (sum + byte(s, at)) % c.modulus
      sums = (sums + sum) % c.modulus
    end
    return sums * 2 ^ (4 * c.size) + sum
  end
end

local function position(p, base, payload_end)
  return (p.behind_payload and payload_end or base) + p.bytes
end

-- Makes of a check's table what tests it. What is written is nil where its digits or what stands in front are none; what is computed
-- is false where nobody knows the byte that the frame's type chooses.
local function checker(c, type_field)
  if not c then return nil end
  local compute = algorithms[c.algorithm](c)
  local size = c.in_digits and 2 * c.size or c.size
  local place = { at = #c.separator, size = size, little = c.little }
  return {
    at = function(base, payload_end) return position(c.at, base, payload_end) + #c.separator end,
    bits = 8 * c.size,
    size = size,
    written = function(s, base, payload_end)
      local at = position(c.at, base, payload_end)
      if not has(s, at, c.separator) then return nil end
      if c.in_digits then return digits(s, at, place, 16, hex_digit) end
      return whole(s, at + place.at, size, c.little)
    end,
    computed = function(s, base, payload_end)
      local extra = c.extra and c.extra[bits_of(s, base, type_field)]
      if c.extra and not extra then return false end
      return compute(s, position(c.from, base, payload_end), position(c.to, base, payload_end), extra)
    end,
  }
end

-- The same of a check behind each block of a payload, and behind what is left.
local function block_checker(c)
  local compute = algorithms[c.algorithm](c)
  local checks = {}

  function checks.bytes(payload) return math.ceil(payload / c.every) * c.size end

  -- Of the payload that begins there: of each block where it lies, its bytes, and its check.
  function checks.blocks(s, payload_at, payload)
    local blocks, at, left = {}, payload_at, payload
    while left > 0 do
      local bytes = math.min(left, c.every)
      blocks[#blocks + 1] = {
        from = at, bytes = bytes,
        at = at + bytes, size = c.size,
        written = whole(s, at + bytes, c.size, c.little), computed = compute(s, at, at + bytes),
      }
      at, left = at + bytes + c.size, left - bytes
    end
    return blocks
  end

  return checks
end
