// Tells about options that were set and do not do what they say: no effect here, not built yet, or refused.
import type { Option } from '../util/option.ts';
import type { Problems } from './problem.ts';
import type { Section } from './sections.ts';
import { defaultValue } from './setting.ts';
import type { Settings } from './settings.ts';

/**
 * Notes one warning, or for a refused option an error, for each option set to anything but its default. In a section
 * with a switch only the switch is spoken of.
 */
export function noticeOptions(section: Section, settings: Settings, problems: Problems): void {
  for (const option of section.options) {
    if (section.switch !== undefined && option.name !== section.switch) continue;
    if (option.status === 'active') continue;
    const given = settings.given(option.name);
    if (given === undefined || given.value === defaultValue(option)) continue;
    const message = `"${option.name}" ${consequence(option)}`;
    if (option.status === 'refused') problems.error(given.place, message);
    else problems.warn(given.place, message);
  }
}

function consequence(option: Option): string {
  const feature = option.feature ?? 'its feature';
  switch (option.status) {
    case 'accepted':
      return 'is accepted and has no effect';
    case 'refused':
      return `cannot be used: this version does not have ${feature} yet, and does not start with it`;
    default:
      return `has no effect: this version does not have ${feature}`;
  }
}
