// SPDX-License-Identifier: Apache-2.0
//
// hd_pack: chunks of R results become output beats of LANES_OUT lanes in a FIFO.
//
// Function    Chunks of a pixel fill a beat from lane 0 up; a beat is stored when it is full or its pixel ends. Lanes
//             that stand for no channel are zero.
// Latency     a beat is offered two clocks after the chunk that completes it.
// Stall       none at the input: whoever sends chunks counts the FIFO's free beats (hd_fold_credit).
// Illegal     LANES_OUT not a multiple of R; LAST_LANES outside 1..R.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_pack #(
    parameter integer BITS       = 8,
    parameter integer R          = 1,
    parameter integer LANES_OUT  = 4,
    // Results in a pixel's last chunk.
    parameter integer LAST_LANES = 1,
    // Beats in the FIFO.
    parameter integer DEPTH      = 8
) (
    input  wire                      clk,
    input  wire                      rst,
    input  wire                      chunk_valid,
    input  wire                      chunk_last,
    input  wire [        R*BITS-1:0] chunk_data,
    output wire                      m_axis_tvalid,
    input  wire                      m_axis_tready,
    output wire [LANES_OUT*BITS-1:0] m_axis_tdata
);

  localparam integer PLACES = LANES_OUT / R;

  generate
    if (PLACES * R != LANES_OUT || LAST_LANES < 1 || LAST_LANES > R) begin : gen_illegal
      hd_pack_LANES_OUT_must_be_a_multiple_of_R_and_LAST_LANES_within_R u_illegal ();
    end
  endgenerate

  reg [R*BITS-1:0] chunk;

  always @* begin : blank
    reg [31:0] lane;
    for (lane = 0; lane < R; lane = lane + 1)
    chunk[lane*BITS+:BITS] = (chunk_last && lane >= LAST_LANES) ? {BITS{1'b0}} : chunk_data[lane*BITS+:BITS];
  end

  reg  beat_valid_reg;
  reg  [LANES_OUT*BITS-1:0] beat_reg;
  wire unused_ready;

  generate
    if (PLACES == 1) begin : gen_direct
      always @(posedge clk) begin
        beat_valid_reg <= chunk_valid && !rst;
        if (chunk_valid) beat_reg <= chunk;
      end
    end else begin : gen_collect
      localparam integer PLACE_W = $clog2(PLACES);
      localparam integer LAST_PLACE_I = PLACES - 1;
      reg [PLACE_W-1:0] place_reg;
      wire beat_end = chunk_last || place_reg == LAST_PLACE_I[PLACE_W-1:0];

      always @(posedge clk) begin
        beat_valid_reg <= chunk_valid && beat_end && !rst;
        if (chunk_valid) begin
          if (place_reg == 0) beat_reg <= {LANES_OUT * BITS{1'b0}};
          beat_reg[place_reg*R*BITS+:R*BITS] <= chunk;
          place_reg <= beat_end ? {PLACE_W{1'b0}} : place_reg + 1'b1;
        end
        if (rst) place_reg <= {PLACE_W{1'b0}};
      end
    end
  endgenerate

  hd_fifo #(
      .WIDTH(LANES_OUT * BITS),
      .DEPTH(DEPTH)
  ) u_fifo (
      .clk(clk),
      .rst(rst),
      .s_axis_tvalid(beat_valid_reg),
      .s_axis_tready(unused_ready),
      .s_axis_tdata(beat_reg),
      .m_axis_tvalid(m_axis_tvalid),
      .m_axis_tready(m_axis_tready),
      .m_axis_tdata(m_axis_tdata)
  );

endmodule

`resetall
