// The hash of a route, by its type.
import type { DestinationOptions } from '../../../destination/options.ts';
import type { HashOptions, HashRouteType } from '../../options.ts';
import { ringHost } from '../route-type-options.ts';
import { JumpHash, makeFnvRing } from './c-relay-hash.ts';
import { makeCarbonFnvRing, makeCarbonRing } from './carbon-ring.ts';
import { makeCrngRing, makeCrngRingV2 } from './crng-ring.ts';
import type { Placement, RingMember } from './placement.ts';

/** Makes the placement of destinations that `judgeRoute` found good. */
export function makePlacement(
  type: HashRouteType,
  destinations: readonly DestinationOptions[],
  options: HashOptions,
): Placement {
  const members = destinations.map(toMember);
  const { replicationFactor } = options;
  switch (type) {
    case 'consistentHashing':
      return makeCrngRing(members, replicationFactor);
    case 'consistentHashing-v2':
      return makeCrngRingV2(members, replicationFactor);
    case 'carbon_ch':
      return makeCarbonRing(members, options);
    case 'carbon_fnv1a_ch':
      return makeCarbonFnvRing(members, options);
    case 'fnv1a_ch':
      return makeFnvRing(members, replicationFactor);
    case 'jump_fnv1a_ch':
      return new JumpHash(members, replicationFactor);
  }
}

function toMember({ addr, address }: DestinationOptions): RingMember {
  const isTcp = address.protocol === 'tcp';
  return { host: ringHost(addr), port: isTcp ? address.port : 0, instance: isTcp ? address.instance : '' };
}
