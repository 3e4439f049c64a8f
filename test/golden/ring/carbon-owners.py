"""Asks carbon where keys live. Standard input: a JSON object {"keys": [...], "cases": [...]}; output: for each case a list
with, for each key, the indices of its destinations in carbon's order."""
import json
import sys

from carbon.routers import ConsistentHashingRouter
from carbon.util import TaggedSeries, parseDestination

HASHES = {'carbon_ch': 'carbon_ch', 'carbon_fnv1a_ch': 'fnv1a_ch'}


class Settings(object):
  def __init__(self, case):
    self.REPLICATION_FACTOR = case['replicationFactor']
    self.DIVERSE_REPLICAS = case['diverseReplicas']
    self.ROUTER_HASH_TYPE = HASHES[case['type']]


def normalized(key):
  # As carbon.client.RelayProcessor does with TAG_RELAY_NORMALIZED.
  try:
    return TaggedSeries.parse(key).path
  except Exception:
    return key


def owners(case, keys):
  router = ConsistentHashingRouter(Settings(case))
  destinations = [parseDestination(text) for text in case['destinations']]
  for destination in destinations:
    router.addDestination(destination)
  index = {destination: i for i, destination in enumerate(destinations)}
  change = normalized if case['tagRelayNormalized'] else lambda key: key
  return [[index[d] for d in router.getDestinations(change(key))] for key in keys]


question = json.load(sys.stdin)
json.dump([owners(case, question['keys']) for case in question['cases']], sys.stdout)
