// SPDX-License-Identifier: Apache-2.0

/*
 * hd_fifo: first-in first-out buffer of DEPTH beats.
 *
 * Function    m_axis carries the beats of s_axis in order. Holds at most DEPTH beats, the one at the output included.
 * Latency     1: a beat taken in cycle n is offered in cycle n+1 when the buffer was empty.
 * Throughput  a beat a cycle for DEPTH >= 2; every second cycle for DEPTH = 1.
 * Stalls      s_axis_tready is a register (not full); a pop in cycle n makes a full buffer ready in cycle n+1.
 *             m_axis_tvalid is a register; m_axis_tdata reads the memory at a registered address and is held.
 * Memory      asynchronous read: distributed memory (LUT RAM), meant for shallow buffers.
 * Illegal     WIDTH < 1, DEPTH < 1; s_axis_tvalid high while rst is high (the beat is lost).
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_fifo #(
    // bits of a beat, >= 1
    parameter WIDTH = 8,
    // beats held, >= 1, any integer
    parameter DEPTH = 2
) (
    input  wire             clk,
    input  wire             rst,

    input  wire             s_axis_tvalid,
    output wire             s_axis_tready,
    input  wire [WIDTH-1:0] s_axis_tdata,

    output wire             m_axis_tvalid,
    input  wire             m_axis_tready,
    output wire [WIDTH-1:0] m_axis_tdata
);

    generate
        if (WIDTH < 1) begin : gen_illegal_width
            hd_fifo_WIDTH_must_be_at_least_1 u_illegal ();
        end
        if (DEPTH < 1) begin : gen_illegal_depth
            hd_fifo_DEPTH_must_be_at_least_1 u_illegal ();
        end
    endgenerate

    localparam ADDRESS_W = DEPTH > 1 ? $clog2(DEPTH) : 1;
    localparam LEVEL_W = $clog2(DEPTH + 1);
    localparam [31:0] LAST_ADDRESS = DEPTH - 1;
    localparam [31:0] LEVEL_BEFORE_FULL = DEPTH - 1;
    localparam [31:0] ONE = 1;

    (* ram_style = "distributed" *)
    reg [WIDTH-1:0] memory [0:DEPTH-1];
    reg [ADDRESS_W-1:0] write_address_reg;
    reg [ADDRESS_W-1:0] read_address_reg;
    reg [LEVEL_W-1:0] level_reg;
    reg ready_reg;
    reg valid_reg;

    wire push = s_axis_tvalid && ready_reg;
    wire pop = valid_reg && m_axis_tready;

    assign s_axis_tready = ready_reg;
    assign m_axis_tvalid = valid_reg;
    assign m_axis_tdata = memory[read_address_reg];

    always @(posedge clk) begin : write_memory
        if (push) memory[write_address_reg] <= s_axis_tdata;
    end

    always @(posedge clk) begin : move_pointers
        if (push) begin
            write_address_reg <= write_address_reg == LAST_ADDRESS[ADDRESS_W-1:0] ? {ADDRESS_W{1'b0}}
                : write_address_reg + ONE[ADDRESS_W-1:0];
        end
        if (pop) begin
            read_address_reg <= read_address_reg == LAST_ADDRESS[ADDRESS_W-1:0] ? {ADDRESS_W{1'b0}}
                : read_address_reg + ONE[ADDRESS_W-1:0];
        end
        if (push && !pop) begin
            level_reg <= level_reg + ONE[LEVEL_W-1:0];
            ready_reg <= level_reg != LEVEL_BEFORE_FULL[LEVEL_W-1:0];
            valid_reg <= 1'b1;
        end
        if (pop && !push) begin
            level_reg <= level_reg - ONE[LEVEL_W-1:0];
            ready_reg <= 1'b1;
            valid_reg <= level_reg != ONE[LEVEL_W-1:0];
        end
        if (rst) begin
            write_address_reg <= {ADDRESS_W{1'b0}};
            read_address_reg <= {ADDRESS_W{1'b0}};
            level_reg <= {LEVEL_W{1'b0}};
            ready_reg <= 1'b1;
            valid_reg <= 1'b0;
        end
    end

endmodule

`resetall
