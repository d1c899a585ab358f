using Mooring.Client;
using Petabridge.Cmd.Client;
using Petabridge.Cmd.Wire;

namespace Mooring.Cli.Interactive;

/// <summary>
/// A console's connection, made when it is needed and again when it broke. Changes carry a request id, and so are repeated at another node
/// when theirs dies: the same id always gets the same one result.
/// </summary>
internal sealed class ConsoleSession(NodeFinder finder, TimeSpan timeout) : IAsyncDisposable
{
    private const string RequestId = "request-id";

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(200);

    private CmdClient? _client;

    /// <summary>Where it is connected.</summary>
    public string Node { get; private set; } = "-";

    /// <summary>What the node offers; empty before the first connection.</summary>
    public IReadOnlyList<PaletteShape> Palettes { get; private set; } = [];

    /// <summary>Connects to the first node that answers, unless it is connected.</summary>
    /// <param name="cancel">Ctrl-C.</param>
    /// <exception cref="IOException">None answers.</exception>
    public async Task<CmdClient> ConnectAsync(CancellationToken cancel)
    {
        if (_client is not null)
            return _client;
        IOException? last = null;
        foreach (var (host, port) in await finder.FindAsync(cancel))
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(ConnectTimeout);
            try
            {
                _client = await CmdClient.ConnectAsync(
                    host, port, finder.Access.Token,
                    finder.Access.CaFile is { } caFile ? (stream, cancel) => Connections.SecureAsync(stream, host, Connections.TrustIn(caFile), cancel) : null,
                    limit.Token);
                (Node, Palettes) = ($"{host}:{port}", _client.Palettes);
                return _client;
            }
            catch (IOException e)
            {
                last = e;
            }
            catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
            {
                last = new IOException($"{host}:{port} does not answer", e);
            }
        }
        throw last ?? new IOException("no node is up");
    }

    /// <summary>Runs a command line.</summary>
    /// <param name="words">Its words.</param>
    /// <param name="output">Gets its text.</param>
    /// <param name="bounded">Whether it must end within the time limit.</param>
    /// <param name="cancel">Ctrl-C.</param>
    /// <returns>How it ended, and the error's text.</returns>
    /// <exception cref="IOException">No node answers, or the connection broke.</exception>
    public async Task<(string Status, string Error)> RunAsync(IReadOnlyList<string> words, TextWriter output, bool bounded, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(bounded ? timeout : Timeout.InfiniteTimeSpan);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        if (words.Count == 0)
            return (WireNames.Usage, "no command");
        CmdClient client;
        try
        {
            client = await ConnectAsync(either.Token);
        }
        catch (OperationCanceledException e)
        {
            return cancel.IsCancellationRequested ? (WireNames.Cancelled, "") : throw new IOException($"no node answers within {timeout.TotalSeconds:0.#} s", e);
        }
        if (words[0] == "help")
        {
            output.WriteLine(CommandHelp.Text(Palettes, words));
            return (WireNames.Ok, "");
        }
        (words, var request) = WithRequestId(words);
        while (true)
        {
            try
            {
                var (status, error) = await client.RunAsync(words, (text, more) => output.Write(more ? text : text + "\n"), either.Token);
                return status == WireNames.Cancelled && late.IsCancellationRequested
                    ? (WireNames.Failed, $"timed-out: no result within {timeout.TotalSeconds:0.#} s{Hint(request)}")
                    : (status, error);
            }
            catch (IOException e)
            {
                await DisposeAsync();
                if (request is null || either.IsCancellationRequested)
                    throw new IOException($"{e.Message}{Hint(request)}", e);
                client = await ConnectAgainAsync(request, either.Token);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is { } client)
            await client.DisposeAsync();
        _client = null;
    }

    private async Task<CmdClient> ConnectAgainAsync(string request, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await Task.Delay(RetryPause, cancel);
                return await ConnectAsync(cancel);
            }
            catch (IOException e) when (cancel.IsCancellationRequested)
            {
                throw new IOException($"{e.Message}{Hint(request)}", e);
            }
            catch (IOException)
            {
                // Not yet: a failover takes a moment.
            }
            catch (OperationCanceledException e)
            {
                throw new IOException($"no node answers{Hint(request)}", e);
            }
        }
    }

    private (IReadOnlyList<string> Words, string? RequestId) WithRequestId(IReadOnlyList<string> words)
    {
        var command = Palettes.FirstOrDefault(p => p.Name == words[0])?.Commands.FirstOrDefault(c => c.Name == words.ElementAtOrDefault(1));
        if (command?.Arguments.FirstOrDefault(a => a.Name == RequestId) is not { } argument)
            return (words, null);
        for (var i = 2; i < words.Count; i++)
        {
            if (argument.Switches.Contains(words[i]))
                return (words, words.ElementAtOrDefault(i + 1));
            if (argument.Switches.FirstOrDefault(s => words[i].StartsWith(s + "=", StringComparison.Ordinal)) is { } given)
                return (words, words[i][(given.Length + 1)..]);
        }
        var id = Guid.CreateVersion7().ToString("N");
        return ([.. words, argument.Switches[0], id], id);
    }

    private static string Hint(string? request) => request is null ? "" : $" (request id {request}: ask again with --request-id {request})";
}
