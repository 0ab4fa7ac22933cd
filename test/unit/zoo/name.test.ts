import { describe, expect, it } from 'vitest';
import { HeddleError } from '../../../src/support/diagnostics.js';
import { parseZooName } from '../../../src/zoo/name.js';

function problemsOf(path: string): readonly string[] {
  try {
    parseZooName(path);
  } catch (error) {
    if (error instanceof HeddleError)
      return error.diagnostics.map(({ code, text, hint }) => `${code}: ${text}; ${hint}`);
  }
  return [];
}

describe('a name in the zoo', () => {
  it('alone stands for the network as it was published', () => {
    expect(parseZooName('zoo:resnet50')).toMatchObject({
      name: 'resnet50',
      size: { input: 224, width: 1 },
      seed: 1,
      float: false,
    });
  });

  it('may be followed by options in any order', () => {
    expect(parseZooName('zoo:mobilenet-v1,width=0.5,float,seed=7,input=160')).toMatchObject({
      name: 'mobilenet-v1-input160-width0.5-seed7',
      size: { input: 160, width: 0.5 },
      seed: 7,
      float: true,
    });
  });

  it("says in the network's name which options are not the usual ones", () => {
    expect(parseZooName('zoo:unet,width=0.25,input=128,seed=1').name).toBe('unet');
    expect(parseZooName('zoo:unet,width=1').name).toBe('unet-width1');
  });

  it.each([
    ['zoo:restnet50', ["E140: the zoo has no network 'restnet50'; did you mean 'resnet50'?"]],
    [
      'zoo:constructor',
      [expect.stringMatching(/^E140: the zoo has no network 'constructor'; the networks are percep/)],
    ],
    [
      'zoo:resnet50,inptu=64,widht=1,speed=3',
      [
        "E141: it has no option 'inptu'; did you mean 'input'? the network's options are input=N, width=N, seed=N, float",
        "E141: it has no option 'widht'; did you mean 'width'? the network's options are input=N, width=N, seed=N, float",
        expect.stringContaining("E141: it has no option 'speed'"),
      ],
    ],
    ['zoo:perceptron,width=2', ["E141: it has no option 'width'; the network's options are input=N, seed=N, float"]],
    [
      'zoo:resnet50,input=64,input=96,width=0,seed=1.5,float=yes',
      [
        "E142: the option 'input' is given twice; leave one of them out",
        "E143: the option 'width' is '0', but it must be a number above 0, 8 at most; correct the value",
        "E143: the option 'seed' is '1.5', but it must be a whole number of 0 to 2147483647; correct the value",
        "E143: the option 'float' is 'yes', but it must be given without a value; correct the value",
      ],
    ],
    [
      'zoo:resnet50,input=16,',
      [
        expect.stringMatching(/^E141: it has no option ''/),
        "E143: the option 'input' is '16', but it must be a whole number of pixels, 32 to 4096; correct the value",
      ],
    ],
    ['zoo:resnet50,input', [expect.stringMatching(/^E143: the option 'input' is ''/)]],
  ])('%s is refused', (path, problems) => {
    expect(problemsOf(path)).toEqual(problems);
  });
});
