-- Numbers in strings of bytes; offsets are from 0. The words are those of Lua 5.1; bits come by the library that Wireshark brings for
-- it, Lua 5.2's own, or the operators of Lua 5.3 on, which earlier ones cannot even read.

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

-- An unsigned number of up to 6 bytes, which every Lua's numbers hold.
local function whole(s, at, size, little)
  local value = 0
  for i = 0, size - 1 do
    value = value * 256 + byte(s, at + 1 + (little and size - 1 - i or i))
  end
  return value
end

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

local function grown(s, base, field)
  return (growing[field.encoding] or closed_digits)(s, base + field.at, field)
end

local function number_at(s, base, field)
  if field.encoding == "bcd" then return digits(s, base, field, 100, bcd_pair) end
  if field.encoding == "ascii-hex" then return digits(s, base, field, 16, hex_digit) end
  if field.encoding == "ascii-decimal" then return digits(s, base, field, 10, decimal_digit) end
  return bits_of(s, base, field)
end
