// Which Node.js this runs on. npm only warns of the wrong one, and what is missing in it shows as an error of ours.

/** The oldest major version that will do; `engines` in package.json says the same. */
export const NODE_MAJOR_MIN = 24;

/** Says in one line that a version of Node.js is too old; undefined when it will do. */
export function nodeVersionError(version: string): string | undefined {
  if (Number.parseInt(version, 10) >= NODE_MAJOR_MIN) return undefined;
  return `needs Node.js >= ${NODE_MAJOR_MIN}, and this is ${version}`;
}
