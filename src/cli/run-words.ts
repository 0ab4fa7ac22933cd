import { beatsPerFrame, type StreamType } from '../hw/feature-map.js';
import type { RunProgress } from '../simulate/run.js';

/** Where a simulation is: `, frame 2 of 3, row 17 of 224, 52,300 cycles a second, 1:05 left`. The frame is the one going in. */
export function runWords(progress: RunProgress, seconds: number, input: StreamType, frames: number): string {
  const { cycles, beats, totalBeats, inputBeats } = progress;
  const perFrame = beatsPerFrame(input);
  const { height } = input.map;
  const frame = Math.min(frames, Math.floor(inputBeats / perFrame) + 1);
  const row = Math.min(height, Math.floor(((inputBeats - (frame - 1) * perFrame) * height) / perFrame) + 1);
  const place = `, frame ${frame} of ${frames}, row ${row} of ${height}`;
  if (seconds <= 0 || beats === 0) return place;
  const speed = Math.round(cycles / seconds).toLocaleString('en-US');
  return `${place}, ${speed} cycles a second, ${clockWords((seconds * (totalBeats - beats)) / beats)} left`;
}

/** Minutes and seconds. */
function clockWords(seconds: number): string {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
