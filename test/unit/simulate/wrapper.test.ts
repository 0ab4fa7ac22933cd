import { describe, expect, it } from 'vitest';
import { groupBySize, reachableFiles } from '../../../src/simulate/build.js';
import { makeSimTop, type SimInstance } from '../../../src/simulate/wrapper.js';

const DUT: SimInstance = {
  module: 'hd_gen_x_top',
  instance: 'u_dut',
  parameters: [['DEPTH', '4']],
  sources: [{ name: 'image', prefix: 's_axis', lanes: 3, elementBits: 4, beatsPerFrame: 9, hasLast: true }],
  sinks: [
    { name: 'logits', prefix: 'm_axis', lanes: 5, elementBits: 8, beatsPerFrame: 2, hasLast: true, hasUser: true },
  ],
  probes: [
    { name: 'conv1', path: 'u_conv1.m_axis', lanes: 3, elementBits: 4, dataBits: 12, beatsPerFrame: 9, hasLast: false },
  ],
  activities: [{ name: 'conv1', path: 'u_conv1.status_active' }],
  tieOffs: [['cfg_policy', "1'b0"]],
};

describe('makeSimTop', () => {
  it('lays slots out one after the other, and pads to three words', () => {
    const { layout } = makeSimTop([DUT]);
    expect(layout).toMatchObject({
      driveWords: 3,
      observeWords: 8,
      sources: [{ name: 'image', driveWord: 0, stream: 0 }],
      sinks: [{ name: 'logits', driveWord: 2, stream: 1 }],
      activities: [{ name: 'conv1', observeWord: 7, bit: 0 }],
    });
    expect(layout.probes.map(({ name, observeWord, dataBits }) => [name, observeWord, dataBits])).toEqual([
      ['image', 0, 16],
      ['logits', 2, 40],
      ['conv1', 5, 12],
    ]);
  });

  it('wires ports, inner streams and tie-offs', () => {
    const { text } = makeSimTop([DUT]);
    expect(text).toContain('.DEPTH(4)');
    expect(text).toContain('.s_axis_tdata(drive[32 +: 16])');
    expect(text).toContain('.m_axis_tready(drive[64])');
    expect(text).toContain(".cfg_policy(1'b0)");
    expect(text).toContain("{28'b0, 1'b0, 1'b0, u_dut.u_conv1.m_axis_tready, u_dut.u_conv1.m_axis_tvalid}");
    expect(text).toContain("{20'b0, u_dut.u_conv1.m_axis_tdata[0 +: 12]}");
    expect(text).toContain("{28'b0, u_dut_m_axis_tuser, u_dut_m_axis_tlast, drive[64], u_dut_m_axis_tvalid}");
  });

  it('holds several designs, told apart by label', () => {
    const second = { ...DUT, instance: 'u_other', label: 'other' };
    const { layout } = makeSimTop([DUT, second]);
    expect(layout.probes.map(({ name }) => name)).toEqual([
      'image',
      'logits',
      'conv1',
      'other/image',
      'other/logits',
      'other/conv1',
    ]);
    expect(layout.activities.map(({ observeWord, bit }) => [observeWord, bit])).toEqual([
      [14, 0],
      [14, 1],
    ]);
    expect(() => makeSimTop([DUT, { ...DUT, instance: 'u_other' }])).toThrow("called 'image'");
  });
});

describe('reachableFiles', () => {
  it('keeps what the top names, directly or not', () => {
    const files = new Map([
      ['rtl/hd_b.v', 'module hd_b; hd_c u_c (); endmodule'],
      ['rtl/hd_a.v', 'module hd_a; endmodule'],
      ['rtl/hd_c.v', 'module hd_c; endmodule'],
      ['hd_sim_top.sv', 'module hd_sim_top; hd_b u_b (); endmodule'],
    ]);
    expect([...reachableFiles(files).keys()]).toEqual(['hd_sim_top.sv', 'rtl/hd_b.v', 'rtl/hd_c.v']);
  });
});

describe('groupBySize', () => {
  it('evens sizes out and makes no empty group', () => {
    const files = [5, 4, 3, 3, 1].map((bytes, i) => ({ name: `f${i}`, bytes }));
    expect(groupBySize(files, 2)).toEqual([
      ['f0', 'f3'],
      ['f1', 'f2', 'f4'],
    ]);
    expect(groupBySize(files.slice(0, 1), 3)).toEqual([['f0']]);
  });
});
