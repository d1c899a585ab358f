using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Mooring.Client;
using Mooring.Messages.Http;

namespace Mooring.Tests.Pure;

/// <summary>A client finds the node that answers, however often it has looked before.</summary>
public sealed class FileGrantsTests : IDisposable
{
    // Nobody listens there.
    private const string Dead = "127.0.0.1:1";

    private readonly HttpListener _server = new();
    private readonly string _alive;
    private volatile bool _refuses = true;

    public FileGrantsTests()
    {
        using (var port = new TcpListener(IPAddress.Loopback, 0))
        {
            port.Start();
            _alive = $"{port.LocalEndpoint}";
        }
        _server.Prefixes.Add($"http://{_alive}/");
        _server.Start();
        _ = ServeAsync();
    }

    public void Dispose() => _server.Close();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_node_that_answers_again_is_found_behind_one_that_is_gone(int failures)
    {
        // The one that is gone refuses at once; the other may take its time while all tests begin.
        using var grants = new HttpFileGrants(_alive, "fs", connectTimeout: TimeSpan.FromSeconds(30));
        // It learns of both nodes, the dead one first.
        await grants.DescribeAsync(CancellationToken.None);
        for (var i = 0; i < failures; i++)
            await Assert.ThrowsAnyAsync<Exception>(() => grants.RequestAsync(new GrantBody("/", true, true, null), CancellationToken.None));

        _refuses = false;
        Assert.Equal("fs", (await grants.RequestAsync(new GrantBody("/", true, true, null), CancellationToken.None)).Filesystem);
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _server.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            var path = context.Request.Url!.AbsolutePath;
            context.Response.ContentType = "application/json";
            if (path.EndsWith("/grants", StringComparison.Ordinal) && _refuses)
                context.Response.StatusCode = 503;
            else
                context.Response.OutputStream.Write(Answer(path));
            context.Response.Close();
        }
    }

    private byte[] Answer(string path) =>
        path == "/v1/nodes" ? JsonSerializer.SerializeToUtf8Bytes(new NodePage([Node("node-1", Dead), Node("node-2", _alive)], null), HttpJson.Default.NodePage)
        : path.EndsWith("/grants", StringComparison.Ordinal) ? JsonSerializer.SerializeToUtf8Bytes(
            new GrantShape("fs", 0, "/", "/", 1, null, [], [], null, new Dictionary<string, string>(), DateTimeOffset.UnixEpoch), HttpJson.Default.GrantShape)
        : JsonSerializer.SerializeToUtf8Bytes(new FileSystemShape("fs", "rbd", 0, [], 0, 0), HttpJson.Default.FileSystemShape);

    private static NodeShape Node(string name, string address) => new(name, address, "up", new HealthShape("ok", "ok", DateTimeOffset.UnixEpoch), false);
}
