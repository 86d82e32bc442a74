-- Checks, over strings of bytes. The words are those of Lua 5.1; bits come by the library that Wireshark brings for it, Lua 5.2's own, or
-- the operators of Lua 5.3 on, which earlier ones cannot even read.

local floor, byte, sub, char = math.floor, string.byte, string.sub, string.char

local function operation(name, sign)
  for _, library in ipairs({ "bit32", "bit" }) do
    local found = rawget(_G, library)
    if found and found[name] then
      local of = found[name]
      return function(a, b) return of(a, b) % 4294967296 end -- bit's results have a sign
    end
  end
  return (rawget(_G, "loadstring") or load)("return function(a, b) return a " .. sign .. " b end")()
end

local bxor, band = operation("bxor", "~"), operation("band", "&")

local function mirrored(value, bits)
  local result = 0
  for _ = 1, bits do
    result = result * 2 + value % 2
    value = floor(value / 2)
  end
  return result
end

-- Each makes a function of a string, the first offset (from 0) and the one behind the last.
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
  return function(s, from, to)
    local register = initial
    if c.refin then
      for at = from + 1, to do
        register = bxor(floor(register / 256), effects[bxor(register % 256, byte(s, at))])
      end
    else
      for at = from + 1, to do
        register = bxor(register * 256 % top, effects[bxor(floor(register / (top / 256)), byte(s, at))])
      end
    end
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

-- An unsigned number of up to 6 bytes, which every Lua's numbers hold.
local function whole(s, at, size, little)
  local value = 0
  for i = 0, size - 1 do
    value = value * 256 + byte(s, at + 1 + (little and size - 1 - i or i))
  end
  return value
end

local function position(p, base, payload_end)
  return (p.behind_payload and payload_end or base) + p.bytes
end

-- Makes of a check's table what tests it.
local function checker(c)
  if not c then return nil end
  local compute = algorithms[c.algorithm](c)
  return {
    at = function(base, payload_end) return position(c.at, base, payload_end) end,
    size = c.size,
    written = function(s, base, payload_end) return whole(s, position(c.at, base, payload_end), c.size, c.little) end,
    computed = function(s, base, payload_end)
      return compute(s, position(c.from, base, payload_end), position(c.to, base, payload_end))
    end,
  }
end
