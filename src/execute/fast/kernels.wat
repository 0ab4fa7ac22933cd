;; Fast kernels of the golden model: sums of products in 32-bit integers, requantised to bytes. They give exactly what
;; the plain kernels give; the files beside this one say for which nodes. scripts/assemble-kernels.mjs makes
;; kernels-binary.ts of it.
;;
;; Memory is laid out anew for every call. The first 48 bytes hold what the outputs of a layer share:
;;    0  lo - zy  two doubles     the range of an output before its zero point is added
;;   16  hi - zy  two doubles
;;   32  zy       eight 16-bit integers
;; Constants of a block of eight output channels, 96 bytes:
;;    0  bias     eight 32-bit integers
;;   32  scale    eight doubles, multiplier / 2^shift
(module
  (memory (export "memory") 1)

  ;; Rows of bytes as 16-bit integers less the zero point. `flip` is 0 for unsigned bytes; for signed ones it is 0x80, which
  ;; makes them unsigned and 128 larger, and `zero` then holds 128 more too. Rows are `pitch` bytes apart at `to`.
  (func (export "widen")
    (param $from i32) (param $to i32) (param $rows i32) (param $length i32) (param $pitch i32)
    (param $flip i32) (param $zero i32)
    (local $i i32)
    (loop $row
      (local.set $i (i32.const 0))
      (block $rest
        (loop $eight
          (br_if $rest (i32.gt_u (i32.add (local.get $i) (i32.const 8)) (local.get $length)))
          (v128.store
            (i32.add (local.get $to) (i32.shl (local.get $i) (i32.const 1)))
            (i16x8.sub
              (i16x8.extend_low_i8x16_u
                (v128.xor
                  (v128.load64_zero (i32.add (local.get $from) (local.get $i)))
                  (i8x16.splat (local.get $flip))))
              (i16x8.splat (local.get $zero))))
          (local.set $i (i32.add (local.get $i) (i32.const 8)))
          (br $eight)))
      (block $end
        (loop $one
          (br_if $end (i32.ge_u (local.get $i) (local.get $length)))
          (i32.store16
            (i32.add (local.get $to) (i32.shl (local.get $i) (i32.const 1)))
            (i32.sub
              (i32.xor (i32.load8_u (i32.add (local.get $from) (local.get $i))) (local.get $flip))
              (local.get $zero)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $one)))
      (local.set $from (i32.add (local.get $from) (local.get $length)))
      (local.set $to (i32.add (local.get $to) (local.get $pitch)))
      (br_if $row (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))

  ;; Stores the first n mod 8 bytes.
  (func $storeSome (param $bytes v128) (param $y i32) (param $n i32)
    (local $rest i64)
    (local.set $rest (i64x2.extract_lane 0 (local.get $bytes)))
    (if (i32.and (local.get $n) (i32.const 4))
      (then
        (i64.store32 (local.get $y) (local.get $rest))
        (local.set $rest (i64.shr_u (local.get $rest) (i64.const 32)))
        (local.set $y (i32.add (local.get $y) (i32.const 4)))))
    (if (i32.and (local.get $n) (i32.const 2))
      (then
        (i64.store16 (local.get $y) (local.get $rest))
        (local.set $rest (i64.shr_u (local.get $rest) (i64.const 16)))
        (local.set $y (i32.add (local.get $y) (i32.const 2)))))
    (if (i32.and (local.get $n) (i32.const 1))
      (then (i64.store8 (local.get $y) (local.get $rest)))))

  ;; Requantises the sums of `count` pixels, eight of 32 bits each, and stores the first `n` bytes of a pixel; y is `pitch` bytes
  ;; further for the next one. An output is clamp(sum * scale) to [lo - zy, hi - zy], rounded half to even, and zy. The product
  ;; is exact in a double; adding 1.5 * 2^52 leaves no bits behind the point and puts the integer into the low word.
  ;; Clamping first changes nothing, as the limits are integers.
  (func (export "requantise")
    (param $sums i32) (param $count i32) (param $constants i32) (param $y i32) (param $pitch i32) (param $n i32)
    (local $lo v128) (local $hi v128) (local $zero v128) (local $magic v128) (local $v v128) (local $p v128) (local $q v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128) (local $a v128) (local $b v128)
    (local.set $lo (v128.load (i32.const 0)))
    (local.set $hi (v128.load offset=16 (i32.const 0)))
    (local.set $zero (v128.load offset=32 (i32.const 0)))
    (local.set $magic (v128.const f64x2 6755399441055744 6755399441055744))
    (local.set $s0 (v128.load offset=32 (local.get $constants)))
    (local.set $s1 (v128.load offset=48 (local.get $constants)))
    (local.set $s2 (v128.load offset=64 (local.get $constants)))
    (local.set $s3 (v128.load offset=80 (local.get $constants)))
    (loop $pixel
      (local.set $v (v128.load (local.get $sums)))
      (local.set $p
        (f64x2.add
          (local.get $magic)
          (f64x2.pmin
            (local.get $hi)
            (f64x2.pmax
              (local.get $lo)
              (f64x2.mul (local.get $s0) (f64x2.convert_low_i32x4_s (local.get $v)))))))
      (local.set $q
        (f64x2.add
          (local.get $magic)
          (f64x2.pmin
            (local.get $hi)
            (f64x2.pmax
              (local.get $lo)
              (f64x2.mul (local.get $s1) (f64x2.convert_low_i32x4_s (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $v) (local.get $v))))))))
      (local.set $a
        (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (local.get $p) (local.get $q)))
      (local.set $v (v128.load offset=16 (local.get $sums)))
      (local.set $p
        (f64x2.add
          (local.get $magic)
          (f64x2.pmin
            (local.get $hi)
            (f64x2.pmax
              (local.get $lo)
              (f64x2.mul (local.get $s2) (f64x2.convert_low_i32x4_s (local.get $v)))))))
      (local.set $q
        (f64x2.add
          (local.get $magic)
          (f64x2.pmin
            (local.get $hi)
            (f64x2.pmax
              (local.get $lo)
              (f64x2.mul (local.get $s3) (f64x2.convert_low_i32x4_s (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $v) (local.get $v))))))))
      (local.set $b
        (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (local.get $p) (local.get $q)))
      (local.set $v
        (v128.and
          (i16x8.add (local.get $zero) (i16x8.narrow_i32x4_s (local.get $a) (local.get $b)))
          (v128.const i16x8 255 255 255 255 255 255 255 255)))
      (local.set $v (i8x16.narrow_i16x8_u (local.get $v) (local.get $v)))
      (if (i32.eq (local.get $n) (i32.const 8))
        (then (v128.store64_lane 0 (local.get $y) (local.get $v)))
        (else (call $storeSome (local.get $v) (local.get $y) (local.get $n))))
      (local.set $sums (i32.add (local.get $sums) (i32.const 32)))
      (local.set $y (i32.add (local.get $y) (local.get $pitch)))
      (br_if $pixel (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; Sums of eight output channels of `count` pixels, four pixels at a time; the last four may reach beyond the end, so the
  ;; lists and sums have room for three pixels more. A pixel's patch is made of runs of consecutive elements: element i of run r
  ;; of pixel p is at x + pixels[p] + runs[r] + 2 * i. `steps` groups of four elements make a run; weights are
  ;; [run][step][pair of elements][8 channels][2], zero beyond the run's end.
  (func (export "convolve")
    (param $x i32) (param $pixels i32) (param $count i32) (param $runs i32) (param $runsEnd i32) (param $steps i32)
    (param $weights i32) (param $constants i32) (param $sums i32)
    (local $x0 i32) (local $x1 i32) (local $x2 i32) (local $x3 i32)
    (local $run i32) (local $offset i32) (local $step i32) (local $w i32)
    (local $p0 i32) (local $p1 i32) (local $p2 i32) (local $p3 i32)
    (local $a0 v128) (local $a1 v128) (local $a2 v128) (local $a3 v128)
    (local $b0 v128) (local $b1 v128) (local $b2 v128) (local $b3 v128)
    (local $wa v128) (local $wb v128) (local $v v128)
    (loop $block
      (local.set $x0 (i32.add (local.get $x) (i32.load (local.get $pixels))))
      (local.set $x1 (i32.add (local.get $x) (i32.load offset=4 (local.get $pixels))))
      (local.set $x2 (i32.add (local.get $x) (i32.load offset=8 (local.get $pixels))))
      (local.set $x3 (i32.add (local.get $x) (i32.load offset=12 (local.get $pixels))))
      (local.set $a0 (v128.load (local.get $constants)))
      (local.set $a1 (local.get $a0))
      (local.set $a2 (local.get $a0))
      (local.set $a3 (local.get $a0))
      (local.set $b0 (v128.load offset=16 (local.get $constants)))
      (local.set $b1 (local.get $b0))
      (local.set $b2 (local.get $b0))
      (local.set $b3 (local.get $b0))
      (local.set $w (local.get $weights))
      (local.set $run (local.get $runs))
      (loop $nextRun
        (local.set $offset (i32.load (local.get $run)))
        (local.set $p0 (i32.add (local.get $x0) (local.get $offset)))
        (local.set $p1 (i32.add (local.get $x1) (local.get $offset)))
        (local.set $p2 (i32.add (local.get $x2) (local.get $offset)))
        (local.set $p3 (i32.add (local.get $x3) (local.get $offset)))
        (local.set $step (local.get $steps))
        (loop $nextStep
          (local.set $wa (v128.load (local.get $w)))
          (local.set $wb (v128.load offset=16 (local.get $w)))
          (local.set $v (v128.load32_splat (local.get $p0)))
          (local.set $a0 (i32x4.add (local.get $a0) (i32x4.dot_i16x8_s (local.get $v) (local.get $wa))))
          (local.set $b0 (i32x4.add (local.get $b0) (i32x4.dot_i16x8_s (local.get $v) (local.get $wb))))
          (local.set $v (v128.load32_splat (local.get $p1)))
          (local.set $a1 (i32x4.add (local.get $a1) (i32x4.dot_i16x8_s (local.get $v) (local.get $wa))))
          (local.set $b1 (i32x4.add (local.get $b1) (i32x4.dot_i16x8_s (local.get $v) (local.get $wb))))
          (local.set $v (v128.load32_splat (local.get $p2)))
          (local.set $a2 (i32x4.add (local.get $a2) (i32x4.dot_i16x8_s (local.get $v) (local.get $wa))))
          (local.set $b2 (i32x4.add (local.get $b2) (i32x4.dot_i16x8_s (local.get $v) (local.get $wb))))
          (local.set $v (v128.load32_splat (local.get $p3)))
          (local.set $a3 (i32x4.add (local.get $a3) (i32x4.dot_i16x8_s (local.get $v) (local.get $wa))))
          (local.set $b3 (i32x4.add (local.get $b3) (i32x4.dot_i16x8_s (local.get $v) (local.get $wb))))
          (local.set $wa (v128.load offset=32 (local.get $w)))
          (local.set $wb (v128.load offset=48 (local.get $w)))
          (local.set $v (v128.load32_splat offset=4 (local.get $p0)))
          (local.set $a0 (i32x4.add (local.get $a0) (i32x4.dot_i16x8_s (local.get $v) (local.get $wa))))
          (local.set $b0 (i32x4.add (local.get $b0) (i32x4.dot_i16x8_s (local.get $v) (local.get $wb))))
          (local.set $v (v128.load32_splat offset=4 (local.get $p1)))
          (local.set $a1 (i32x4.add (local.get $a1) (i32x4.dot_i16x8_s (local.get $v) (local.get $wa))))
          (local.set $b1 (i32x4.add (local.get $b1) (i32x4.dot_i16x8_s (local.get $v) (local.get $wb))))
          (local.set $v (v128.load32_splat offset=4 (local.get $p2)))
          (local.set $a2 (i32x4.add (local.get $a2) (i32x4.dot_i16x8_s (local.get $v) (local.get $wa))))
          (local.set $b2 (i32x4.add (local.get $b2) (i32x4.dot_i16x8_s (local.get $v) (local.get $wb))))
          (local.set $v (v128.load32_splat offset=4 (local.get $p3)))
          (local.set $a3 (i32x4.add (local.get $a3) (i32x4.dot_i16x8_s (local.get $v) (local.get $wa))))
          (local.set $b3 (i32x4.add (local.get $b3) (i32x4.dot_i16x8_s (local.get $v) (local.get $wb))))
          (local.set $w (i32.add (local.get $w) (i32.const 64)))
          (local.set $p0 (i32.add (local.get $p0) (i32.const 8)))
          (local.set $p1 (i32.add (local.get $p1) (i32.const 8)))
          (local.set $p2 (i32.add (local.get $p2) (i32.const 8)))
          (local.set $p3 (i32.add (local.get $p3) (i32.const 8)))
          (br_if $nextStep (local.tee $step (i32.sub (local.get $step) (i32.const 1)))))
        (local.set $run (i32.add (local.get $run) (i32.const 4)))
        (br_if $nextRun (i32.lt_u (local.get $run) (local.get $runsEnd))))
      (v128.store (local.get $sums) (local.get $a0))
      (v128.store offset=16 (local.get $sums) (local.get $b0))
      (v128.store offset=32 (local.get $sums) (local.get $a1))
      (v128.store offset=48 (local.get $sums) (local.get $b1))
      (v128.store offset=64 (local.get $sums) (local.get $a2))
      (v128.store offset=80 (local.get $sums) (local.get $b2))
      (v128.store offset=96 (local.get $sums) (local.get $a3))
      (v128.store offset=112 (local.get $sums) (local.get $b3))
      (local.set $sums (i32.add (local.get $sums) (i32.const 128)))
      (local.set $pixels (i32.add (local.get $pixels) (i32.const 16)))
      (br_if $block (i32.gt_s (local.tee $count (i32.sub (local.get $count) (i32.const 4))) (i32.const 0)))))

  ;; As convolve, with elements, weights and sums of 32-bit floats: a step takes one element from a run, sums begin at 0, and
  ;; weights are [run][step][8 channels].
  (func (export "convolveFloat")
    (param $x i32) (param $pixels i32) (param $count i32) (param $runs i32) (param $runsEnd i32) (param $steps i32)
    (param $weights i32) (param $sums i32)
    (local $x0 i32) (local $x1 i32) (local $x2 i32) (local $x3 i32)
    (local $run i32) (local $offset i32) (local $step i32) (local $w i32)
    (local $p0 i32) (local $p1 i32) (local $p2 i32) (local $p3 i32)
    (local $a0 v128) (local $a1 v128) (local $a2 v128) (local $a3 v128)
    (local $b0 v128) (local $b1 v128) (local $b2 v128) (local $b3 v128)
    (local $wa v128) (local $wb v128) (local $v v128) (local $none v128)
    (loop $block
      (local.set $x0 (i32.add (local.get $x) (i32.load (local.get $pixels))))
      (local.set $x1 (i32.add (local.get $x) (i32.load offset=4 (local.get $pixels))))
      (local.set $x2 (i32.add (local.get $x) (i32.load offset=8 (local.get $pixels))))
      (local.set $x3 (i32.add (local.get $x) (i32.load offset=12 (local.get $pixels))))
      (local.set $a0 (local.get $none))
      (local.set $a1 (local.get $none))
      (local.set $a2 (local.get $none))
      (local.set $a3 (local.get $none))
      (local.set $b0 (local.get $none))
      (local.set $b1 (local.get $none))
      (local.set $b2 (local.get $none))
      (local.set $b3 (local.get $none))
      (local.set $w (local.get $weights))
      (local.set $run (local.get $runs))
      (loop $nextRun
        (local.set $offset (i32.load (local.get $run)))
        (local.set $p0 (i32.add (local.get $x0) (local.get $offset)))
        (local.set $p1 (i32.add (local.get $x1) (local.get $offset)))
        (local.set $p2 (i32.add (local.get $x2) (local.get $offset)))
        (local.set $p3 (i32.add (local.get $x3) (local.get $offset)))
        (local.set $step (local.get $steps))
        (loop $nextStep
          (local.set $wa (v128.load (local.get $w)))
          (local.set $wb (v128.load offset=16 (local.get $w)))
          (local.set $v (v128.load32_splat (local.get $p0)))
          (local.set $a0 (f32x4.add (local.get $a0) (f32x4.mul (local.get $v) (local.get $wa))))
          (local.set $b0 (f32x4.add (local.get $b0) (f32x4.mul (local.get $v) (local.get $wb))))
          (local.set $v (v128.load32_splat (local.get $p1)))
          (local.set $a1 (f32x4.add (local.get $a1) (f32x4.mul (local.get $v) (local.get $wa))))
          (local.set $b1 (f32x4.add (local.get $b1) (f32x4.mul (local.get $v) (local.get $wb))))
          (local.set $v (v128.load32_splat (local.get $p2)))
          (local.set $a2 (f32x4.add (local.get $a2) (f32x4.mul (local.get $v) (local.get $wa))))
          (local.set $b2 (f32x4.add (local.get $b2) (f32x4.mul (local.get $v) (local.get $wb))))
          (local.set $v (v128.load32_splat (local.get $p3)))
          (local.set $a3 (f32x4.add (local.get $a3) (f32x4.mul (local.get $v) (local.get $wa))))
          (local.set $b3 (f32x4.add (local.get $b3) (f32x4.mul (local.get $v) (local.get $wb))))
          (local.set $w (i32.add (local.get $w) (i32.const 32)))
          (local.set $p0 (i32.add (local.get $p0) (i32.const 4)))
          (local.set $p1 (i32.add (local.get $p1) (i32.const 4)))
          (local.set $p2 (i32.add (local.get $p2) (i32.const 4)))
          (local.set $p3 (i32.add (local.get $p3) (i32.const 4)))
          (br_if $nextStep (local.tee $step (i32.sub (local.get $step) (i32.const 1)))))
        (local.set $run (i32.add (local.get $run) (i32.const 4)))
        (br_if $nextRun (i32.lt_u (local.get $run) (local.get $runsEnd))))
      (v128.store (local.get $sums) (local.get $a0))
      (v128.store offset=16 (local.get $sums) (local.get $b0))
      (v128.store offset=32 (local.get $sums) (local.get $a1))
      (v128.store offset=48 (local.get $sums) (local.get $b1))
      (v128.store offset=64 (local.get $sums) (local.get $a2))
      (v128.store offset=80 (local.get $sums) (local.get $b2))
      (v128.store offset=96 (local.get $sums) (local.get $a3))
      (v128.store offset=112 (local.get $sums) (local.get $b3))
      (local.set $sums (i32.add (local.get $sums) (i32.const 128)))
      (local.set $pixels (i32.add (local.get $pixels) (i32.const 16)))
      (br_if $block (i32.gt_s (local.tee $count (i32.sub (local.get $count) (i32.const 4))) (i32.const 0)))))

  ;; Sums of eight channels of a depthwise convolution, one filter each; pixels and sums as for convolve. Channel c of the block at
  ;; tap t of pixel p is at x + pixels[p] + taps[t] + 2 * c. Taps come in pairs, an odd last one with weights of zero beside
  ;; it; weights are [pair of taps][8 channels][2].
  (func (export "depthwise")
    (param $x i32) (param $pixels i32) (param $count i32) (param $taps i32) (param $tapsEnd i32)
    (param $weights i32) (param $constants i32) (param $sums i32)
    (local $x0 i32) (local $x1 i32) (local $tap i32) (local $w i32) (local $o i32) (local $q i32)
    (local $a0 v128) (local $a1 v128) (local $b0 v128) (local $b1 v128)
    (local $wa v128) (local $wb v128) (local $u v128) (local $v v128)
    (loop $block
      (local.set $x0 (i32.add (local.get $x) (i32.load (local.get $pixels))))
      (local.set $x1 (i32.add (local.get $x) (i32.load offset=4 (local.get $pixels))))
      (local.set $a0 (v128.load (local.get $constants)))
      (local.set $a1 (local.get $a0))
      (local.set $b0 (v128.load offset=16 (local.get $constants)))
      (local.set $b1 (local.get $b0))
      (local.set $w (local.get $weights))
      (local.set $tap (local.get $taps))
      (loop $nextPair
        (local.set $o (i32.load (local.get $tap)))
        (local.set $q (i32.load offset=4 (local.get $tap)))
        (local.set $wa (v128.load (local.get $w)))
        (local.set $wb (v128.load offset=16 (local.get $w)))
        (local.set $u (v128.load (i32.add (local.get $x0) (local.get $o))))
        (local.set $v (v128.load (i32.add (local.get $x0) (local.get $q))))
        (local.set $a0
          (i32x4.add (local.get $a0)
            (i32x4.dot_i16x8_s (local.get $wa)
              (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $u) (local.get $v)))))
        (local.set $b0
          (i32x4.add (local.get $b0)
            (i32x4.dot_i16x8_s (local.get $wb)
              (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $u) (local.get $v)))))
        (local.set $u (v128.load (i32.add (local.get $x1) (local.get $o))))
        (local.set $v (v128.load (i32.add (local.get $x1) (local.get $q))))
        (local.set $a1
          (i32x4.add (local.get $a1)
            (i32x4.dot_i16x8_s (local.get $wa)
              (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $u) (local.get $v)))))
        (local.set $b1
          (i32x4.add (local.get $b1)
            (i32x4.dot_i16x8_s (local.get $wb)
              (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $u) (local.get $v)))))
        (local.set $w (i32.add (local.get $w) (i32.const 32)))
        (br_if $nextPair
          (i32.lt_u (local.tee $tap (i32.add (local.get $tap) (i32.const 8))) (local.get $tapsEnd))))
      (v128.store (local.get $sums) (local.get $a0))
      (v128.store offset=16 (local.get $sums) (local.get $b0))
      (v128.store offset=32 (local.get $sums) (local.get $a1))
      (v128.store offset=48 (local.get $sums) (local.get $b1))
      (local.set $sums (i32.add (local.get $sums) (i32.const 64)))
      (local.set $pixels (i32.add (local.get $pixels) (i32.const 8)))
      (br_if $block (i32.gt_s (local.tee $count (i32.sub (local.get $count) (i32.const 2))) (i32.const 0)))))

  ;; sums = ma * (a - za) + mb * (b - zb) in 32 bits, eight elements at a time; elements beyond `count` are read and written
  ;; too. flip and zero of both as for widen. At `multipliers` stand ma and mb, each four 32-bit integers.
  (func (export "add")
    (param $a i32) (param $b i32) (param $count i32) (param $sums i32) (param $multipliers i32)
    (param $flipA i32) (param $zeroA i32) (param $flipB i32) (param $zeroB i32)
    (local $va v128) (local $vb v128) (local $ma v128) (local $mb v128)
    (local.set $ma (v128.load (local.get $multipliers)))
    (local.set $mb (v128.load offset=16 (local.get $multipliers)))
    (loop $eight
      (local.set $va
        (i16x8.sub
          (i16x8.extend_low_i8x16_u
            (v128.xor (v128.load64_zero (local.get $a)) (i8x16.splat (local.get $flipA))))
          (i16x8.splat (local.get $zeroA))))
      (local.set $vb
        (i16x8.sub
          (i16x8.extend_low_i8x16_u
            (v128.xor (v128.load64_zero (local.get $b)) (i8x16.splat (local.get $flipB))))
          (i16x8.splat (local.get $zeroB))))
      (v128.store (local.get $sums)
        (i32x4.add
          (i32x4.mul (i32x4.extend_low_i16x8_s (local.get $va)) (local.get $ma))
          (i32x4.mul (i32x4.extend_low_i16x8_s (local.get $vb)) (local.get $mb))))
      (v128.store offset=16 (local.get $sums)
        (i32x4.add
          (i32x4.mul (i32x4.extend_high_i16x8_s (local.get $va)) (local.get $ma))
          (i32x4.mul (i32x4.extend_high_i16x8_s (local.get $vb)) (local.get $mb))))
      (local.set $a (i32.add (local.get $a) (i32.const 8)))
      (local.set $b (i32.add (local.get $b) (i32.const 8)))
      (local.set $sums (i32.add (local.get $sums) (i32.const 32)))
      (br_if $eight (i32.gt_s (local.tee $count (i32.sub (local.get $count) (i32.const 8))) (i32.const 0)))))

  ;; The largest byte of each window, sixteen channels or fewer at `count` pixels; flip as for widen, and lo and hi are bytes
  ;; flipped so, too. Channel c of tap t of pixel p is at x + pixels[p] + taps[t] + c.
  (func (export "maxPool")
    (param $x i32) (param $pixels i32) (param $count i32) (param $taps i32) (param $tapsEnd i32)
    (param $flip i32) (param $lo i32) (param $hi i32) (param $y i32) (param $pitch i32) (param $n i32)
    (local $p i32) (local $tap i32) (local $to i32) (local $max v128) (local $flips v128)
    (local.set $flips (i8x16.splat (local.get $flip)))
    (loop $pixel
      (local.set $p (i32.add (local.get $x) (i32.load (local.get $pixels))))
      (local.set $max (i8x16.splat (local.get $lo)))
      (local.set $tap (local.get $taps))
      (loop $nextTap
        (local.set $max
          (i8x16.max_u
            (local.get $max)
            (v128.xor
              (v128.load (i32.add (local.get $p) (i32.load (local.get $tap))))
              (local.get $flips))))
        (br_if $nextTap
          (i32.lt_u (local.tee $tap (i32.add (local.get $tap) (i32.const 4))) (local.get $tapsEnd))))
      (local.set $max
        (v128.xor (i8x16.min_u (local.get $max) (i8x16.splat (local.get $hi))) (local.get $flips)))
      (if (i32.eq (local.get $n) (i32.const 16))
        (then (v128.store (local.get $y) (local.get $max)))
        (else
          (local.set $to (local.get $y))
          (if (i32.and (local.get $n) (i32.const 8))
            (then
              (v128.store64_lane 0 (local.get $to) (local.get $max))
              (local.set $max
                (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $max) (local.get $max)))
              (local.set $to (i32.add (local.get $to) (i32.const 8)))))
          (call $storeSome (local.get $max) (local.get $to) (local.get $n))))
      (local.set $y (i32.add (local.get $y) (local.get $pitch)))
      (local.set $pixels (i32.add (local.get $pixels) (i32.const 4)))
      (br_if $pixel (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))))
