// The catalogue of damaged spool folders: what is done to a good one, and what must come of it.
import { encodeCursor } from '../../src/destination/spool/cursor-file.ts';
import { encodeSegmentHeader, decodeSegmentHeader } from '../../src/destination/spool/spool-format.ts';
import { FOLDER, range } from '../destination/spool/spool-rig.ts';
import { CURSOR, DamagedFolder, LAST_LINE, linesOf, waiting } from './spool-damage.ts';

/** One kind of damage. */
export interface Case {
  readonly name: string;
  readonly from?: 'close' | 'kill';
  readonly damage: (folder: DamagedFolder) => Promise<void> | void;
  /** The lines that are read. */
  readonly reads: readonly number[];
  /** What the opening says, and no more than these. */
  readonly notes?: readonly RegExp[];
  /** Damaged records that the opening tells of; those of sealed segments are found when they are read. */
  readonly damagedRecords?: number;
  /** Lines told of as lost when they are read. */
  readonly lost?: number;
  /** Files that stay as they are. */
  readonly leaves?: readonly string[];
  /** Notes at the next start too. */
  readonly staysNoted?: boolean;
}

const SOME_BYTES = Buffer.from('not of ours\n');

/** Every case; each is a test. */
export const CASES: readonly Case[] = [
  { name: 'nothing is damaged', damage: () => undefined, reads: waiting() },
  { name: 'nothing is damaged after a kill', from: 'kill', damage: () => undefined, reads: waiting() },
  {
    name: 'a bit of a payload',
    damage: async (folder) => folder.flip(folder.path(3), (await folder.place(3, 1)).start + 100),
    reads: waiting(...linesOf(3, 1)),
    lost: 10,
  },
  {
    name: 'a bit of a record header',
    damage: async (folder) => folder.flip(folder.path(3), (await folder.place(3, 1)).start + 9),
    reads: waiting(...linesOf(3, 1)),
    lost: 10,
  },
  {
    name: 'a bit in the magic of a record',
    damage: async (folder) => folder.flip(folder.path(2), (await folder.place(2, 0)).start),
    reads: waiting(...linesOf(2, 0)),
    lost: 10,
  },
  {
    name: 'a bit of the last record of a segment',
    damage: async (folder) => folder.flip(folder.path(4), (await folder.place(4, 2)).end - 1),
    reads: waiting(...linesOf(4, 2)),
    lost: 10,
  },
  {
    name: 'the border of two records',
    damage: async (folder) => {
      const { end } = await folder.place(3, 0);
      folder.fill(folder.path(3), end - 5, end + 5, 0xff);
    },
    reads: waiting(...linesOf(3, 0, 1)),
    lost: 20,
  },
  {
    name: 'every record of a segment',
    damage: async (folder) => {
      for (const index of [0, 1, 2]) {
        folder.flip(folder.path(3), (await folder.place(3, index)).start + 70);
      }
    },
    reads: waiting(...linesOf(3, 0, 1, 2)),
    lost: 30,
  },
  {
    name: 'a bit of every segment header',
    damage: (folder) => {
      for (const segment of [1, 2, 3, 4, 5]) folder.flip(folder.path(segment), 20);
    },
    reads: waiting(),
    notes: Array.from({ length: 5 }, () => /header is damaged/),
    staysNoted: true,
  },
  {
    name: 'a bit of a footer',
    damage: (folder) => folder.flip(folder.path(3), folder.bytes(3).length - 20),
    reads: waiting(),
    notes: [/64 bytes hold no whole record, at its end/],
    damagedRecords: 1,
  },
  { name: 'no footer', damage: (folder) => folder.unseal(3), reads: waiting() },
  {
    name: 'the footer of another segment',
    damage: (folder) => {
      const footer = folder.bytes(2).subarray(-64);
      folder.put(folder.path(3), Buffer.concat([folder.bytes(3).subarray(0, -64), footer]));
    },
    reads: waiting(),
    notes: [/64 bytes hold no whole record, at its end/],
    damagedRecords: 1,
  },
  {
    name: 'header and footer',
    damage: (folder) => {
      folder.flip(folder.path(4), 3);
      folder.flip(folder.path(4), folder.bytes(4).length - 1);
    },
    reads: waiting(),
    notes: [/header is damaged/, /64 bytes hold no whole record/],
    damagedRecords: 1,
    staysNoted: true,
  },
  {
    name: 'a file cut in the middle of a record',
    damage: async (folder) => folder.cut(5, (await folder.place(5, 2)).start + 90),
    reads: waiting(...linesOf(5, 2)),
    notes: [/90 bytes hold no whole record, at its end/],
    damagedRecords: 1,
  },
  {
    name: 'a file cut in the middle of a record header',
    damage: async (folder) => folder.cut(5, (await folder.place(5, 1)).start + 30),
    reads: waiting(...linesOf(5, 1, 2)),
    notes: [/30 bytes hold no whole record, at its end/],
    damagedRecords: 1,
  },
  {
    name: 'a file in the middle of the backlog cut short',
    damage: async (folder) => folder.cut(3, (await folder.place(3, 0)).end),
    reads: waiting(...linesOf(3, 1, 2)),
  },
  {
    name: 'a torn record at the end after a kill',
    from: 'kill',
    damage: (folder) =>
      folder.put(folder.path(5), Buffer.concat([folder.bytes(5), folder.bytes(5).subarray(40, 140)])),
    reads: waiting(),
    notes: [/100 bytes hold no whole record, at its end/],
    damagedRecords: 1,
  },
  {
    name: 'zeros at the end, as a power cut leaves them',
    from: 'kill',
    damage: (folder) => folder.put(folder.path(5), Buffer.concat([folder.bytes(5), Buffer.alloc(9000)])),
    reads: waiting(),
    notes: [/9000 bytes hold no whole record, at its end/],
    damagedRecords: 1,
  },
  {
    name: 'zeros from the middle of the last record on',
    from: 'kill',
    damage: async (folder) => {
      const { start } = await folder.place(5, 2);
      folder.fill(folder.path(5), start + 60, folder.bytes(5).length, 0);
    },
    reads: waiting(...linesOf(5, 2)),
    notes: [/hold no whole record, at its end/],
    damagedRecords: 1,
  },
  {
    name: 'zeros in the place of a whole file',
    damage: (folder) => folder.fill(folder.path(4), 0, folder.bytes(4).length, 0),
    reads: waiting(...linesOf(4, 0, 1, 2)),
    notes: [/header is damaged/, /hold no whole record/],
    damagedRecords: 1,
    staysNoted: true,
  },
  {
    name: 'zeros in the middle of an unsealed file, whole records behind them',
    from: 'kill',
    damage: async (folder) => {
      const { start, end } = await folder.place(5, 1);
      folder.fill(folder.path(5), start, end, 0);
    },
    reads: waiting(...linesOf(5, 1)),
    notes: [/hold no whole record, 0 of them at its end/],
    damagedRecords: 1,
  },
  {
    name: 'bytes taken out of the middle of a file',
    damage: async (folder) => {
      const { start } = await folder.place(3, 1);
      const bytes = folder.bytes(3);
      folder.put(folder.path(3), Buffer.concat([bytes.subarray(0, start + 80), bytes.subarray(start + 120)]));
    },
    reads: waiting(...linesOf(3, 1)),
    notes: [/hold no whole record/],
    damagedRecords: 2,
  },
  {
    name: 'bytes put into the middle of a file',
    damage: async (folder) => {
      const { start } = await folder.place(3, 1);
      const bytes = folder.bytes(3);
      folder.put(
        folder.path(3),
        Buffer.concat([bytes.subarray(0, start), Buffer.alloc(333, 0x93), bytes.subarray(start)]),
      );
    },
    reads: waiting(),
    notes: [/hold no whole record/],
    damagedRecords: 1,
  },
  {
    name: 'an empty file',
    damage: (folder) => folder.put(folder.path(4), Buffer.alloc(0)),
    reads: waiting(...linesOf(4, 0, 1, 2)),
  },
  {
    name: 'an empty file at the end',
    damage: (folder) => folder.put(folder.path(6), Buffer.alloc(0)),
    reads: waiting(),
  },
  {
    name: 'nothing but a header',
    damage: (folder) => folder.cut(5, 40),
    reads: waiting(...linesOf(5, 0, 1, 2)),
  },
  {
    name: 'half a header',
    damage: (folder) => folder.cut(5, 25),
    reads: waiting(...linesOf(5, 0, 1, 2)),
    notes: [/header is damaged/],
    staysNoted: true,
  },
  {
    name: 'a segment of garbage',
    damage: (folder) => folder.put(folder.path(4), Buffer.alloc(5000, 0x93)),
    reads: waiting(...linesOf(4, 0, 1, 2)),
    notes: [/header is damaged/, /4960 bytes hold no whole record/],
    damagedRecords: 1,
    staysNoted: true,
  },
  {
    name: 'a missing segment in the middle',
    damage: (folder) => folder.files.remove(folder.path(3)),
    reads: waiting(...linesOf(3, 0, 1, 2)),
    notes: [/0000000003\.seg, before 0000000004\.seg, is missing/],
  },
  {
    name: 'the cursor’s own segment missing',
    damage: (folder) => folder.files.remove(folder.path(1)),
    reads: range(31, LAST_LINE),
  },
  {
    name: 'all segments missing',
    damage: (folder) => {
      for (const segment of [1, 2, 3, 4, 5]) folder.files.remove(folder.path(segment));
    },
    reads: [],
  },
  {
    name: 'no cursor',
    damage: (folder) => folder.files.remove(CURSOR),
    reads: range(1, LAST_LINE),
    notes: [/no cursor that can be read: everything there is sent again/],
  },
  {
    name: 'an empty cursor',
    damage: (folder) => folder.files.cut(CURSOR, 0),
    reads: range(1, LAST_LINE),
    notes: [/no cursor that can be read/],
  },
  {
    name: 'both cursor slots damaged',
    damage: (folder) => {
      folder.flip(CURSOR, 17);
      folder.fill(CURSOR, 4096, 4160, 0xff);
    },
    reads: range(1, LAST_LINE),
    notes: [/damaged: everything there is sent again/],
  },
  {
    name: 'a cursor of another spool',
    damage: (folder) => folder.put(CURSOR, encodeCursor({ ...somewhere, spoolId: 99, segment: 4 }, 9, 0)),
    reads: range(1, LAST_LINE),
    notes: [/belongs to other segments/],
  },
  {
    name: 'a cursor beyond the end of its segment',
    damage: (folder) => folder.put(CURSOR, ours(folder, { segment: 3, offset: 1e9, passedLines: 1e9 })),
    reads: range(91, LAST_LINE),
  },
  {
    name: 'a cursor in the middle of a record',
    damage: async (folder) => {
      const { start } = await folder.place(2, 1);
      folder.put(CURSOR, ours(folder, { segment: 2, offset: start + 7, passedLines: 10 }));
    },
    reads: range(51, LAST_LINE),
    lost: 10,
  },
  {
    name: 'a cursor behind the last segment',
    damage: (folder) => folder.put(CURSOR, ours(folder, { segment: 6, offset: 0, passedLines: 0 })),
    reads: [],
  },
  {
    name: 'a segment of a version from the future',
    damage: (folder) => {
      const header = decodeSegmentHeader(folder.bytes(3))!;
      const future = encodeSegmentHeader({ ...header, version: 2 });
      folder.put(folder.path(3), Buffer.concat([future, folder.bytes(3).subarray(40)]));
    },
    reads: waiting(...linesOf(3, 0, 1, 2)),
    notes: [/0000000003\.seg is of format version 2, .*left alone/],
    leaves: ['0000000003.seg'],
    staysNoted: true,
  },
  {
    name: 'a copy of a segment under another number',
    damage: (folder) => folder.put(folder.path(9), folder.bytes(3)),
    reads: waiting(),
    notes: [/0000000009\.seg says that it is number 3, so it is a copy: left alone/],
    leaves: ['0000000009.seg'],
    staysNoted: true,
  },
  {
    name: 'files that are not ours',
    damage: (folder) => {
      for (const name of [
        'notes.txt',
        '7.seg',
        '00000000003.seg',
        '0000000000.seg',
        '0000000003.seg.bak',
        'x',
      ]) {
        folder.put(`${FOLDER}/${name}`, SOME_BYTES);
      }
    },
    reads: waiting(),
    notes: [/not the spool's are left alone: .* and 3 more/],
    leaves: ['notes.txt', '7.seg', '00000000003.seg', '0000000000.seg', '0000000003.seg.bak', 'x'],
    staysNoted: true,
  },
  {
    name: 'a header, a record, a footer and a cursor slot at once',
    damage: async (folder) => {
      folder.flip(folder.path(2), 10);
      folder.flip(folder.path(3), (await folder.place(3, 0)).start + 60);
      folder.flip(folder.path(4), folder.bytes(4).length - 2);
      folder.flip(CURSOR, 30);
      folder.fill(CURSOR, 4096, 4160, 0);
    },
    reads: range(1, LAST_LINE).filter((line) => !linesOf(3, 0).includes(line)),
    notes: [/cursor is damaged/, /0000000002.*header is damaged/, /0000000004.*at its end/],
    damagedRecords: 1,
    lost: 10,
    staysNoted: true,
  },
];

const somewhere = { spoolId: 1, segment: 1, offset: 0, passedLines: 0, passedBytes: 0, hole: 0 };

function ours(folder: DamagedFolder, change: Partial<typeof somewhere>): Buffer {
  const { spoolId } = decodeSegmentHeader(folder.bytes(5))!;
  return encodeCursor({ ...somewhere, spoolId, ...change }, 100, 0);
}
