// The dispatcher: books, bad lines, and who waits for whom.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NamedDoor } from '../../src/relay/named-door.ts';
import { makeRig } from './dispatcher-rig.ts';

test('lines that arrived are told once to whoever measures traffic, bad ones too', async () => {
  const { dispatcher, open } = await makeRig();
  const { write, end } = open('a:1');
  write('one 1 1700000000\nnowhere 1 1700000000\nnonsense\nlast 1 17');
  assert.equal(dispatcher.takeArrived(), 3);
  assert.equal(dispatcher.takeArrived(), 0);
  end('reset');
  assert.equal(dispatcher.takeArrived(), 1);
});

test('every line of a stream is booked under one name', async () => {
  const { open, outputs, counts, state } = await makeRig();
  const { write, end } = open('10.0.0.1:5');
  assert.equal(write('a 1 2\nboth 1 2\nblocked 1 2\nnowhere 1 2\nsummed 5 2\nbad\n\ncut 1'), true);
  end('reset');
  assert.deepEqual(state.values, ['3: 5', '1: 5']);
  assert.equal(counts.consumed, 1);
  assert.equal(outputs[0].text, 'a 1 2\nboth 1 2\n');
  assert.equal(outputs[1].text, 'both 1 2\n');
  assert.equal(counts.received, 8);
  assert.equal(counts.copies, 1);
  const { invalid, blocklisted, unroutable, truncated } = counts.dropped;
  assert.deepEqual(
    { invalid, blocklisted, unroutable, truncated },
    { invalid: 2, blocklisted: 1, unroutable: 1, truncated: 1 },
  );
  assert.deepEqual(state.bad, [
    '10.0.0.1:5 invalid packet must consist of 3 fields: bad',
    '10.0.0.1:5 invalid packet must consist of 3 fields: ',
    '10.0.0.1:5 truncated truncated: cut 1',
  ]);
});

test('a line for a durable output is received when that has it, all others at once', async () => {
  const { open, outputs, counts, runBooks } = await makeRig();
  outputs[1].durable = true;
  open('x').write('a 1 2\nboth 1 2\none 1 2\none 3 4\nbad\nblocked 1 2\n');
  assert.equal(outputs[1].text, 'both 1 2\none 1 2\none 3 4\n');
  // Dropped before a destination: 2; with output 0: a, and one copy of both.
  assert.deepEqual([counts.received, counts.copies], [3, 1]);
  runBooks.entered(2);
  assert.deepEqual([counts.received, counts.copies], [5, 1]);
  runBooks.entered(1);
  assert.deepEqual([counts.received, counts.copies], [6, 1]);
});

test('who looks at lines is told whose they are and through which input they came, and of those made inside', async () => {
  const { dispatcher, state } = await makeRig();
  const [plain, pickle] = [new NamedDoor(dispatcher, 'plain'), new NamedDoor(dispatcher, 'pickle')];
  const open = (door: NamedDoor, sender: string) =>
    door.open(
      sender,
      () => undefined,
      () => undefined,
      () => undefined,
    );
  const streams = [open(plain, 'a:1'), open(pickle, 'b:2')] as const;
  streams[0].write(Buffer.from('a 1 2\nboth 1 2\n'));
  pickle.datagram(Buffer.from('a 1 2'), 'c:3');
  streams[1].write(Buffer.from('a 1 2\n'));
  streams[0].write(Buffer.from('bad\n'));
  dispatcher.generate([0, 1], Buffer.from('sum 1 2\n'), 1);
  dispatcher.generate([], Buffer.from('lost 1 2\n'), 1);
  assert.deepEqual(state.looked, [
    'a:1 plain 2',
    'c:3 pickle 1',
    'b:2 pickle 1',
    'a:1 plain 1',
    '0,1 1 sum 1 2\n',
    ' 1 lost 1 2\n',
  ]);
});

test('bad lines beyond the samples are counted', async () => {
  const { open, state, counts } = await makeRig();
  open('x').write('bad\n'.repeat(1000));
  assert.equal(state.bad.length + state.uncounted, 1000);
  assert.equal(counts.dropped.invalid, 1000);
});

test('a datagram may end without a newline and is a chunk of its own', async () => {
  const { dispatcher, outputs, counts } = await makeRig();
  dispatcher.datagram(Buffer.from('a 1 2\nb 3 4'), 'x');
  dispatcher.datagram(Buffer.from('c 5 6\n'), 'x');
  dispatcher.datagram(Buffer.from(''), 'x');
  assert.equal(outputs[0].text, 'a 1 2\nb 3 4\nc 5 6\n');
  assert.equal(counts.received, 3);
});

test('a sender waits for the full output it wrote to, and for no other', async () => {
  const { open, outputs, endTurn } = await makeRig();
  const [slow, quick] = [open('slow'), open('quick')];
  outputs[1].full = true;
  assert.equal(slow.write('one 1 2\n'), false);
  assert.equal(quick.write('a 1 2\n'), true);
  assert.deepEqual(quick.events, []);
  outputs[1].empty();
  endTurn();
  assert.deepEqual(slow.events, ['resume']);
  assert.equal(slow.write('one 3 4\n'), true);
  assert.equal(outputs[1].text, 'one 1 2\none 3 4\n');
});

test('a sender held by two outputs goes on only when both have room', async () => {
  const { open, outputs, endTurn } = await makeRig();
  const { write, events } = open('x');
  outputs[0].full = true;
  outputs[1].full = true;
  assert.equal(write('both 1 2\n'), false);
  outputs[0].empty();
  endTurn();
  assert.deepEqual(events, []);
  outputs[1].empty();
  endTurn();
  assert.deepEqual(events, ['resume']);
});

test('an output that has room again at once holds nobody, also beside one that has not', async () => {
  const { open, outputs, endTurn } = await makeRig();
  const { write, events } = open('x');
  outputs[0].full = true;
  outputs[1].full = true;
  outputs[0].whenWritable = (callback) => callback();
  assert.equal(write('both 1 2\n'), false);
  endTurn();
  assert.deepEqual(events, []);
  outputs[1].empty();
  endTurn();
  assert.deepEqual(events, ['resume']);
});

test('when memory is short every sender waits', async () => {
  const { open, outputs, state, endTurn } = await makeRig();
  const [writer, bystander] = [open('writer'), open('bystander')];
  outputs[0].full = true;
  state.short = true;
  writer.write('a 1 2\n');
  assert.deepEqual(bystander.events, ['pause']);
  outputs[0].empty();
  endTurn();
  assert.deepEqual(bystander.events, ['pause', 'resume']);
});

test('a sender is let go on when the turn is over, whatever makes room, unless it must wait again', async () => {
  const { dispatcher, open, outputs, endTurn } = await makeRig();
  const [waiting, other] = [open('waiting'), open('other')];
  const makeRoomBy = (push: () => void): void => {
    outputs[1].full = true;
    assert.equal(waiting.write('one 1 2\n'), false);
    waiting.events.length = 0;
    outputs[0].pushed = () => outputs[1].empty();
    push();
    outputs[0].pushed = () => undefined;
    assert.equal(outputs[1].full, false);
    assert.deepEqual(waiting.events, []);
  };
  const ways = [
    () => void other.write('a 1 2\n'),
    () => dispatcher.datagram(Buffer.from('a 1 2'), 'y'),
    () => dispatcher.generate([0], Buffer.from('a 1 2\n'), 1),
  ];
  for (const push of ways) {
    makeRoomBy(push);
    endTurn();
    assert.deepEqual(waiting.events, ['resume']);
  }
  makeRoomBy(() => void other.write('a 1 2\n'));
  outputs[0].full = true;
  waiting.write('a 1 2\n');
  endTurn();
  assert.deepEqual(waiting.events, []);
});

test('lines that come in the middle of a run are a bug, and end the relay before they mix with others', async () => {
  const { dispatcher, open, outputs } = await makeRig();
  const [first, second] = [open('first'), open('second')];
  const waysIn = [
    () => void second.write('one 1 2\n'),
    () => second.end('fin'),
    () => dispatcher.datagram(Buffer.from('one 1 2'), 'y'),
  ];
  for (const comeIn of waysIn) {
    let thrown: unknown;
    outputs[0].pushed = () => {
      try {
        comeIn();
      } catch (error) {
        thrown = error;
      }
    };
    first.write('both 1 2\n');
    assert.match(String(thrown), /BUG: lines came in the middle of a run/);
  }
  assert.equal(outputs[1].text, 'both 1 2\n'.repeat(waysIn.length));
});

test('a datagram for a full output holds nobody', async () => {
  const { open, dispatcher, outputs } = await makeRig();
  const { write, events } = open('x');
  outputs[1].full = true;
  dispatcher.datagram(Buffer.from('one 1 2\n'), 'y');
  assert.equal(write('a 1 2\n'), true);
  assert.deepEqual(events, []);
});

test('in a turn that reads for too long every sender waits for the next', async () => {
  const { open, outputs, state, endTurn } = await makeRig();
  const [first, second] = [open('first'), open('second')];
  state.long = true;
  assert.equal(first.write('a 1 2\n'), false);
  assert.deepEqual(second.events, ['pause']);
  state.long = false;
  endTurn();
  assert.deepEqual(second.events, ['pause', 'resume']);
  assert.equal(second.write('a 3 4\n'), true);
  endTurn();
  assert.deepEqual(first.events, ['resume']);
  assert.equal(outputs[0].text, 'a 1 2\na 3 4\n');
});

test('whoever made a turn long comes again when each other sender had its turn', async () => {
  const { open, state, endTurn } = await makeRig();
  const senders = [open('a'), open('b'), open('c')];
  const reading = new Set(senders);
  const seen = new Map(senders.map((sender) => [sender, 0]));
  // Each has always more than a long turn takes, and the system names the first one first.
  for (let turn = 0; turn < 300; turn++) {
    const next = senders.find((sender) => reading.has(sender));
    state.long = next !== undefined;
    if (next !== undefined) {
      seen.set(next, (seen.get(next) ?? 0) + 1);
      assert.equal(next.write('a 1 2\n'), false);
      reading.delete(next);
    }
    endTurn();
    for (const sender of senders) {
      for (const event of sender.events.splice(0)) {
        if (event === 'pause') reading.delete(sender);
        else reading.add(sender);
      }
    }
  }
  for (const turns of seen.values()) assert.ok(turns >= 70, `one of them had ${turns} turns of 300`);
});

test('a sender that waits for an output waits on when a long turn is over', async () => {
  const { open, outputs, state, endTurn } = await makeRig();
  const { write, events } = open('x');
  outputs[0].full = true;
  state.long = true;
  assert.equal(write('a 1 2\n'), false);
  endTurn();
  endTurn();
  assert.deepEqual(events, []);
  outputs[0].empty();
  endTurn();
  assert.deepEqual(events, ['resume']);
});

test('a run is whole where it feeds many outputs, and small where it makes very many copies', async () => {
  const chunk = 'all.one 1 1700000000\nall.two 1 1700000000\n'.repeat(6000);
  for (const [outputCount, runBytes] of [
    [3, 64 * 1024],
    [50, chunk.length],
    [3000, 22_369],
  ] as const) {
    const { open, rest, outputs } = await makeRig({ outputCount });
    const { write } = open('x');
    const first = chunk.slice(0, 42);
    write(first);
    rest.bytesMax = 0;
    write(chunk);
    assert.equal(outputs[0].text, first + chunk);
    assert.equal(rest.bytes, (outputCount - 2) * (first.length + chunk.length));
    // A run ends with its last whole line.
    assert.ok(rest.bytesMax <= runBytes + 21 && rest.bytesMax > runBytes - 42, `${rest.bytesMax}`);
  }
});

test('lines made inside the relay are booked as generated, copied, or unroutable', async () => {
  const { dispatcher, outputs, counts } = await makeRig();
  dispatcher.generate([0, 1], Buffer.from('a 1 2\nb 1 2\n'), 2);
  dispatcher.generate([], Buffer.from('c 1 2\n'), 1);
  outputs[1].full = true;
  dispatcher.generate([1], Buffer.from('d 1 2\n'), 1);
  assert.deepEqual([outputs[0].text, outputs[1].text], ['a 1 2\nb 1 2\n', 'a 1 2\nb 1 2\n']);
  assert.deepEqual([counts.generated, counts.copies, counts.dropped.unroutable], [4, 2, 1]);
  assert.deepEqual(outputs[1].waiters, []);
});

test('each run is told with the address that it came from', async () => {
  const { open, dispatcher, state } = await makeRig();
  const first = open('10.0.0.1:5');
  const second = open('[::ffff:10.0.0.2]:5');
  first.write('a 1 2\nb 1');
  second.write('a 1 2\nbad\n');
  first.write(' 2\n');
  dispatcher.datagram(Buffer.from('c 1 2'), '[2001:db8::1]:9');
  second.write('last 1 2');
  second.end('fin');
  assert.deepEqual(state.ran, [
    '10.0.0.1 1',
    '10.0.0.2 2',
    '10.0.0.1 1',
    '2001:db8::1 1',
    '10.0.0.2 0',
    '10.0.0.2 1',
  ]);
});

test('lines that several outputs get alike are copied once, others for each', async () => {
  const { open, outputs } = await makeRig();
  const { write } = open('10.0.0.1:1');
  const both = 'both.a 1 1600000000\n'.repeat(1000);
  write(both);
  assert.equal(outputs[0].text, both);
  assert.equal(outputs[1].text, both);
  const [first, second] = [outputs[0].slabs.at(-1), outputs[1].slabs.at(-1)];
  assert.ok(first !== undefined && first === second);
  write('both.a 1 1600000000\nzero.a 1 1600000000\n'.repeat(1000));
  assert.deepEqual([outputs[0].slabs.at(-1), outputs[1].slabs.at(-1)], [undefined, undefined]);
});
