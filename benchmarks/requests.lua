-- The requests, for wrk. Arguments are name=value: kind, and of the rest
-- what that kind needs.
--
-- user      whose key pairs these are
-- token     X-Auth-Token; without it the server believes X-User-Id
-- tag       makes the names of a run its own
-- version   the microversion
-- key       the public key to import
-- names     how many key pairs to show in turn
-- of        another user, whose key pairs are meant
-- users     how many users to be in turn
-- limit     of a page
-- marker    where the page begins

local PATH = '/v2.1/os-keypairs'
-- Below the default limit of a user, which is 100.
local KEYS_OF_A_USER = 50

local given = {}
local headers = {}
local sent = 0

-- Whose key pair the one with this number is.
local function user_of(number)
  return given.tag .. '-' .. math.floor(number / KEYS_OF_A_USER)
end

-- A test header is anybody; a token is an administrator's, who says user_id.
local function act_for(user, query)
  if not given.token then
    headers['X-User-Id'] = user
  elseif user ~= given.user then
    query[#query + 1] = 'user_id=' .. user
  end
  return #query == 0 and '' or '?' .. table.concat(query, '&')
end

local function create(number, user, member)
  if given.token then
    member = member .. ',"user_id":"' .. user .. '"'
  else
    headers['X-User-Id'] = user
  end
  local body = '{"keypair":{"name":"' .. given.tag .. '-' .. number .. '"'
    .. member .. '}}'
  return wrk.format('POST', PATH, headers, body)
end

local kinds = {}

-- Users u-0 and so on, in an order without one, or always the same.
local function reader(number)
  if given.users then
    return 'u-' .. number * 7919 % given.users
  end
  return given.of or given.user
end

function kinds.show(number)
  local query = act_for(reader(number), {})
  local path = PATH .. '/key-' .. number % given.names .. query
  return wrk.format('GET', path, headers)
end

function kinds.list(number)
  local query = {}
  if given.limit then
    query[1] = 'limit=' .. given.limit
  end
  if given.marker then
    query[#query + 1] = 'marker=' .. given.marker
  end
  local path = PATH .. act_for(reader(number), query)
  return wrk.format('GET', path, headers)
end

function kinds.import(number)
  local user = given.of or user_of(number)
  return create(number, user, ',"public_key":"' .. given.key .. '"')
end

function kinds.generate(number)
  return create(number, user_of(number), '')
end

function kinds.delete(number)
  local query = act_for(user_of(number), {})
  return wrk.format('DELETE', PATH .. '/key-' .. number .. query, headers)
end

function init(arguments)
  for _, argument in ipairs(arguments) do
    local name, value = argument:match('^(%w+)=(.*)$')
    given[name] = value
  end
  given.names = tonumber(given.names)
  given.users = tonumber(given.users)
  headers['OpenStack-API-Version'] = 'compute ' .. given.version
  headers['Content-Type'] = 'application/json'
  if given.token then
    headers['X-Auth-Token'] = given.token
  else
    headers['X-Project-Id'] = 'aaaa'
    headers['X-Roles'] = 'member,reader'
  end
end

function request()
  local text = kinds[given.kind](sent)
  sent = sent + 1
  return text
end

function done(summary)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "failed": %d}\n',
    summary.requests,
    summary.duration,
    errors.connect + errors.read + errors.write + errors.status
      + errors.timeout))
end
