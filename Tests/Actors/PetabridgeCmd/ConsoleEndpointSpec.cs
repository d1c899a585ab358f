using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Akka.Actor;
using Petabridge.Cmd;
using Petabridge.Cmd.Client;
using Petabridge.Cmd.Host;
using Petabridge.Cmd.Wire;

namespace Mooring.Tests.Actors.PetabridgeCmdSpecs;

/// <summary>The endpoint, its handlers and its own client over TCP.</summary>
public class ConsoleEndpointSpec
{
    [Fact]
    public async Task A_console_learns_the_palettes_and_what_their_commands_take()
    {
        await using var system = new ConsoleSystem();
        await using var client = await system.ConnectAsync();

        Assert.Equal(["actor", "test"], client.Palettes.Select(p => p.Name));
        var hierarchy = client.Palettes[0].Commands.Single(c => c.Name == "hierarchy");
        Assert.Equal(["-d", "--depth"], hierarchy.Arguments.Single(a => a.Name == "depth").Switches);
        Assert.Equal(["/", "/user", "/system"], hierarchy.Arguments.Single(a => a.Name == "start").Values);
    }

    [Fact]
    public async Task A_command_reaches_its_handler_and_its_answer_comes_back()
    {
        await using var system = new ConsoleSystem();
        await using var client = await system.ConnectAsync();

        Assert.Equal(("ok", "", "a b\n"), await ConsoleSystem.RunAsync(client, "test", "echo", "a", "-v", "b"));
        Assert.Equal(("ok", "", ""), await ConsoleSystem.RunAsync(client, "test", "echo"));
    }

    [Fact]
    public async Task Responses_come_in_order_until_the_final_one()
    {
        await using var system = new ConsoleSystem();
        await using var client = await system.ConnectAsync();

        var (status, _, output) = await ConsoleSystem.RunAsync(client, "test", "count", "500");

        Assert.Equal("ok", status);
        Assert.Equal(string.Concat(Enumerable.Range(1, 500).Select(i => $"{i}\n")), output);
    }

    [Fact]
    public async Task A_handler_may_answer_with_a_sequence_of_responses()
    {
        await using var system = new ConsoleSystem();
        await using var client = await system.ConnectAsync();

        Assert.Equal(("ok", "", "one\ntwo\n"), await ConsoleSystem.RunAsync(client, "test", "list"));
    }

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData(16 * 1024 + 4)]
    [InlineData(200_000)]
    public async Task A_long_answer_is_cut_for_the_wire_and_put_together_again(int length)
    {
        await using var system = new ConsoleSystem();
        await using var client = await system.ConnectAsync();

        var (status, _, output) = await ConsoleSystem.RunAsync(client, "test", "long", $"{length}");

        Assert.Equal(("ok", ConsoleSystem.LongText(length) + "\n"), (status, output));
    }

    [Fact]
    public async Task A_handler_that_throws_fails_that_command_in_one_line_and_serves_the_next()
    {
        await using var system = new ConsoleSystem();
        await using var client = await system.ConnectAsync();

        Assert.Equal(("failed", "it broke at once", ""), await ConsoleSystem.RunAsync(client, "test", "fail"));
        Assert.Equal(("failed", "it broke later", ""), await ConsoleSystem.RunAsync(client, "test", "piped"));
        Assert.Equal(("failed", "'test nobody' is not carried out here", ""), await ConsoleSystem.RunAsync(client, "test", "nobody"));
        Assert.Equal(("ok", "", "x\n"), await ConsoleSystem.RunAsync(client, "test", "echo", "x"));
    }

    [Fact]
    public async Task Who_is_not_let_in_is_told_why_and_offered_nothing()
    {
        await using var system = new ConsoleSystem(gate: new Gate());

        foreach (var token in new[] { null, "wrong" })
            Assert.Contains("the node refuses: not you", (await Assert.ThrowsAsync<IOException>(() => system.ConnectAsync(token))).Message, StringComparison.Ordinal);
        await using var client = await system.ConnectAsync("right");
        Assert.Equal(("ok", "", "x\n"), await ConsoleSystem.RunAsync(client, "test", "echo", "x"));
    }

    [Fact]
    public async Task A_gate_hears_of_each_command_before_it_is_carried_out_and_how_it_ended()
    {
        var gate = new Gate();
        await using var system = new ConsoleSystem(gate: gate);
        await using (var client = await system.ConnectAsync("right"))
        {
            Assert.Equal("ok", (await ConsoleSystem.RunAsync(client, "test", "echo", "two words", "-v", "\"'")).Status);
            Assert.Equal("failed", (await ConsoleSystem.RunAsync(client, "test", "fail")).Status);
            Assert.Equal(("failed", "not this", ""), await ConsoleSystem.RunAsync(client, "test", "count", "13"));
            Assert.Equal("usage", (await ConsoleSystem.RunAsync(client, "test", "none")).Status);
            using var cancel = new CancellationTokenSource();
            await client.RunAsync(["test", "wait"], (_, _) => cancel.Cancel(), cancel.Token);
        }

        string[] expected =
        [
            "test echo \"two words\" -v \"\\\"'\"", "as wished", "test fail", "it broke at once", "test count 13", "test none", "palette 'test' has no command 'none'", "test wait", "it was cancelled",
        ];
        for (var i = 0; i < expected.Length; i++)
            Assert.StartsWith(expected[i], gate.Heard.TryTake(out var heard, ConsoleSystem.Limit) ? heard : "nothing", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_comes_after_the_final_response()
    {
        await using var system = new ConsoleSystem();
        await using var client = await system.ConnectAsync();

        Assert.Equal(("failed", "no", ""), await ConsoleSystem.RunAsync(client, "test", "late"));
        Assert.Equal(("ok", "", "x\n"), await ConsoleSystem.RunAsync(client, "test", "echo", "x"));
    }

    [Theory]
    [InlineData("there is no palette 'nix': actor, test", "nix", "x")]
    [InlineData("palette 'test' has no command 'nix': echo, count", "test", "nix")]
    [InlineData("does not expect 'y'", "test", "count", "1", "y")]
    [InlineData("no command", "")]
    public async Task A_wrong_command_line_is_told_apart_from_a_failure(string expected, params string[] words)
    {
        await using var system = new ConsoleSystem();
        await using var client = await system.ConnectAsync();

        var (status, error, _) = await ConsoleSystem.RunAsync(client, words);

        Assert.Equal("usage", status);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_that_watches_the_sender_hears_of_the_users_cancelling()
    {
        await using var system = new ConsoleSystem();
        await using var client = await system.ConnectAsync();
        using var cancel = new CancellationTokenSource();

        // Cancelled when the first output shows that the command runs.
        var (status, _) = await client.RunAsync(["test", "wait"], (_, _) => cancel.Cancel(), cancel.Token).WaitAsync(ConsoleSystem.Limit);

        Assert.Equal("cancelled", status);
        Assert.True(system.Ended.TryTake(out _, ConsoleSystem.Limit));
        Assert.Equal(("ok", "", "x\n"), await ConsoleSystem.RunAsync(client, "test", "echo", "x"));
    }

    [Fact]
    public async Task A_handler_that_watches_the_sender_hears_of_the_consoles_end()
    {
        await using var system = new ConsoleSystem();
        var client = await system.ConnectAsync();
        var started = new TaskCompletionSource();
        var run = client.RunAsync(["test", "wait"], (_, _) => started.TrySetResult(), CancellationToken.None);
        await started.Task.WaitAsync(ConsoleSystem.Limit);

        await client.DisposeAsync();

        Assert.True(system.Ended.TryTake(out _, ConsoleSystem.Limit));
        await Assert.ThrowsAnyAsync<Exception>(() => run);
    }

    [Fact]
    public async Task A_console_that_does_not_read_is_let_go_of_when_its_output_reaches_the_bound()
    {
        await using var system = new ConsoleSystem("petabridge.cmd.wire.output-bytes-max = 256 KiB");
        using var silent = await RawAsync(system);
        await SendAsync(silent, """{"type":"hello","version":1}""");
        await SendAsync(silent, """{"type":"run","id":1,"palette":"test","command":"flood"}""");

        Assert.True(system.Ended.TryTake(out _, ConsoleSystem.Limit));
    }

    [Theory]
    [InlineData("""{"type":"run","id":1,"palette":"test","command":"echo"}""", "the first frame is not a hello")]
    [InlineData("""{"type":"hello","version":7}""", "version 7 of the protocol is not spoken here")]
    [InlineData("""{"type":"hello""", "not valid JSON")]
    [InlineData("null", "the frame is null")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "not valid JSON")]
    [InlineData("\u0001\u0002\u0003", "not valid JSON")]
    public async Task A_malformed_greeting_closes_that_connection_with_the_reason_and_no_other(string frame, string expected)
    {
        await using var system = new ConsoleSystem();
        await using var other = await system.ConnectAsync();
        using var wrong = await RawAsync(system);

        await SendAsync(wrong, frame);

        Assert.Contains(expected, await ReadToEndAsync(wrong), StringComparison.Ordinal);
        Assert.Equal(("ok", "", "x\n"), await ConsoleSystem.RunAsync(other, "test", "echo", "x"));
    }

    [Theory]
    [InlineData("""{"type":"jump"}""", "a frame of type 'jump' is not known")]
    [InlineData("""{"type":"run","id":1,"palette":"test","command":"echo","arguments":[null]}""", "an argument is null")]
    [InlineData("""{"type":"run","id":"one"}""", "not valid JSON")]
    public async Task A_malformed_frame_after_the_greeting_closes_that_connection_with_the_reason(string frame, string expected)
    {
        await using var system = new ConsoleSystem();
        using var wrong = await RawAsync(system);

        await SendAsync(wrong, """{"type":"hello","version":1}""");
        await SendAsync(wrong, frame);

        Assert.Contains(expected, await ReadToEndAsync(wrong), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_command_while_one_runs_closes_the_connection_and_ends_the_first()
    {
        await using var system = new ConsoleSystem();
        using var wrong = await RawAsync(system);

        await SendAsync(wrong, """{"type":"hello","version":1}""");
        await SendAsync(wrong, """{"type":"run","id":1,"palette":"test","command":"wait"}""");
        await SendAsync(wrong, """{"type":"run","id":2,"palette":"test","command":"wait"}""");

        Assert.Contains("a command is running on this connection", await ReadToEndAsync(wrong), StringComparison.Ordinal);
        Assert.True(system.Ended.TryTake(out _, ConsoleSystem.Limit));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1025)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public async Task A_frame_of_a_size_that_is_not_allowed_is_refused_before_it_is_read(int length)
    {
        await using var system = new ConsoleSystem("petabridge.cmd.wire.frame-bytes-max = 1 KiB");
        using var wrong = await RawAsync(system);
        var head = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(head, length);

        await wrong.SendAsync(head);

        Assert.Contains($"a frame of {(uint)length} bytes; 1 to 1024 are allowed", await ReadToEndAsync(wrong), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Random_and_truncated_input_ends_connections_and_nothing_else()
    {
        await using var system = new ConsoleSystem();
        var chance = new Random(1);
        for (var i = 0; i < 100; i++)
        {
            using var wrong = await RawAsync(system);
            var noise = new byte[chance.Next(1, 200)];
            chance.NextBytes(noise);
            // Every other one looks like the beginning of a frame whose rest never comes.
            if (i % 2 == 0 && noise.Length > 4)
                BinaryPrimitives.WriteInt32BigEndian(noise, noise.Length);
            await wrong.SendAsync(noise);
        }

        await using var client = await ConnectWhenThereIsRoomAsync(system);
        Assert.Equal(("ok", "", "x\n"), await ConsoleSystem.RunAsync(client, "test", "echo", "x"));
    }

    [Fact]
    public async Task A_connection_that_does_not_say_hello_is_closed()
    {
        await using var system = new ConsoleSystem("petabridge.cmd.wire.handshake-timeout = 50ms");
        using var silent = await RawAsync(system);

        Assert.Contains("no hello came in time", await ReadToEndAsync(silent), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_console_that_is_silent_for_too_long_is_closed()
    {
        await using var system = new ConsoleSystem("petabridge.cmd.wire.idle-timeout = 50ms");
        using var silent = await RawAsync(system);
        await SendAsync(silent, """{"type":"hello","version":1}""");

        Assert.Contains("the console was silent for too long", await ReadToEndAsync(silent), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_that_say_nothing_keep_no_console_out()
    {
        await using var system = new ConsoleSystem("petabridge.cmd.wire.connection-count-max = 1");
        var silent = new List<Socket>();
        for (var i = 0; i < 10; i++)
            silent.Add(await RawAsync(system));

        await using var console = await system.ConnectAsync();
        Assert.Equal(("ok", "", "x\n"), await ConsoleSystem.RunAsync(console, "test", "echo", "x"));
        // Those that were first have made room.
        Assert.Equal("", await ReadToEndAsync(silent[0]));
        silent.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task Consoles_beyond_the_limit_are_refused_until_one_goes()
    {
        await using var system = new ConsoleSystem("petabridge.cmd.wire.connection-count-max = 1");
        var first = await system.ConnectAsync();

        var refused = await Assert.ThrowsAsync<IOException>(() => system.ConnectAsync());
        Assert.Contains("1 consoles are connected already", refused.Message, StringComparison.Ordinal);
        await first.DisposeAsync();
        await using var next = await ConnectWhenThereIsRoomAsync(system);
        Assert.Equal(("ok", "", "x\n"), await ConsoleSystem.RunAsync(next, "test", "echo", "x"));
    }

    [Fact]
    public async Task A_palette_that_is_registered_after_the_start_is_served()
    {
        await using var system = new ConsoleSystem();

        Assert.True(system.Cmd.RegisterCommandPalette(new Late()));
        Assert.False(system.Cmd.RegisterCommandPalette(new Late()));

        await using var client = await system.ConnectAsync();
        Assert.Equal(("ok", "", "here\n"), await ConsoleSystem.RunAsync(client, "late", "show"));
    }

    [Fact]
    public async Task The_endpoint_starts_once_and_stops_with_the_system()
    {
        var system = new ConsoleSystem();
        var port = system.Port;
        system.Cmd.Start();
        Assert.Equal(port, system.Port);

        await system.DisposeAsync();

        await Assert.ThrowsAsync<IOException>(() => CmdClient.ConnectAsync("127.0.0.1", port, null, null, CancellationToken.None));
    }

    [Fact]
    public async Task An_address_that_is_taken_fails_the_start()
    {
        await using var system = new ConsoleSystem();

        var failure = Assert.Throws<IOException>(() => new ConsoleSystem($"petabridge.cmd.port = {system.Port}"));

        Assert.Contains($"the console cannot listen on 127.0.0.1:{system.Port}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tree_of_actors_is_shown_from_an_actor_down_to_a_depth()
    {
        await using var system = new ConsoleSystem();
        system.System.ActorOf(Props.Create(() => new Late.Nobody()), "somebody");
        await using var client = await system.ConnectAsync();

        Assert.Equal(("ok", "", "/user\n  somebody\n"), await ConsoleSystem.RunAsync(client, "actor", "hierarchy", "/user"));
        var (_, _, tree) = await ConsoleSystem.RunAsync(client, "actor", "hierarchy", "-d", "2");
        Assert.Matches(@"^/\n  system \(\d+ more below\)\n  user \(1 more below\)\n$", tree);
        Assert.Equal("failed", (await ConsoleSystem.RunAsync(client, "actor", "hierarchy", "/user/nix")).Status);
        Assert.Equal("failed", (await ConsoleSystem.RunAsync(client, "actor", "hierarchy", "-d", "0")).Status);
    }

    private static async Task<CmdClient> ConnectWhenThereIsRoomAsync(ConsoleSystem system)
    {
        using var limit = new CancellationTokenSource(ConsoleSystem.Limit);
        while (true)
        {
            try
            {
                return await system.ConnectAsync();
            }
            catch (IOException) when (!limit.IsCancellationRequested)
            {
                // The endpoint has not noticed yet that another one has gone.
                await Task.Yield();
            }
        }
    }

    private static async Task<Socket> RawAsync(ConsoleSystem system)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", system.Port);
        return socket;
    }

    private static async Task SendAsync(Socket socket, string json)
    {
        var body = Encoding.UTF8.GetBytes(json);
        var frame = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length);
        body.CopyTo(frame, 4);
        await socket.SendAsync(frame);
    }

    private static async Task<string> ReadToEndAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(ConsoleSystem.Limit);
        await using var stream = new NetworkStream(socket);
        var text = new StringBuilder();
        while (await FrameCodec.ReadAsync(stream, 1 << 20, limit.Token) is { } body)
            text.AppendLine(FrameCodec.Decode(body, WireJson.Relaxed.ServerFrame).Text);
        return text.ToString();
    }

    private sealed class Late : CommandPaletteHandler
    {
        private static readonly CommandPalette Commands = new("late", [new CommandDefinitionBuilder().WithName("show").Build()]);

        public Late()
            : base(Commands)
        {
        }

        public override Props HandlerProps { get; } = Props.Create(() => new Handler());

        public sealed class Nobody : ReceiveActor;

        private sealed class Handler : CommandHandlerActor
        {
            public Handler()
                : base(Commands) => Process("show", _ => Sender.Tell(new CommandResponse("here")));
        }
    }

    private sealed class Gate : IConsoleGate, IConsoleGuest
    {
        public BlockingCollection<string> Heard { get; } = [];

        public Task<Stream> SecureAsync(Stream stream, CancellationToken cancellationToken) => Task.FromResult(stream);

        public Task<IConsoleGuest> AdmitAsync(string? token, IPAddress from, CancellationToken cancellationToken) =>
            token == "right" && IPAddress.IsLoopback(from)
                ? Task.FromResult<IConsoleGuest>(this)
                : Task.FromException<IConsoleGuest>(new UnauthorizedAccessException("not you"));

        public Task<Action<string?>> BeginAsync(string command)
        {
            Heard.Add(command);
            return command.EndsWith(" 13", StringComparison.Ordinal)
                ? Task.FromException<Action<string?>>(new UnauthorizedAccessException("not this"))
                : Task.FromResult<Action<string?>>(problem => Heard.Add(problem ?? "as wished"));
        }
    }
}
