using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Mooring.Harness;

namespace Mooring.Tests.Cluster;

/// <summary>Files over HTTP.</summary>
public class FileHttpTests(HealthyFileCluster healthy) : IClassFixture<HealthyFileCluster>
{
    private readonly TestCluster _cluster = healthy.Cluster;

    [Fact]
    public async Task Bytes_stream_over_http_with_ranges()
    {
        var url = $"http://{_cluster.Nodes.EndpointOf("node-3")}/v1/files/fs/over/http";
        using (var made = await healthy.Http.PostAsync($"http://{_cluster.Nodes.EndpointOf("node-1")}/v1/files/fs/over?op=mkdir", null))
            Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        using (var put = await healthy.Http.PutAsync(url, new StreamContent(new PatternStream(5 << 20))))
            Assert.Equal(5 << 20, (await JsonAsync(put)).GetProperty("size_bytes").GetInt64());
        using (var append = await healthy.Http.PutAsync(url + "?append=true", new ByteArrayContent([1, 2, 3])))
            Assert.Equal((5 << 20) + 3, (await JsonAsync(append)).GetProperty("size_bytes").GetInt64());
        using var request = new HttpRequestMessage(HttpMethod.Get, url + "?node=node-2") { Headers = { Range = new RangeHeaderValue(100, 199) } };
        using var part = await healthy.Http.SendAsync(request);
        var expected = new byte[100];
        new PatternStream(5 << 20) { Position = 100 }.ReadExactly(expected);

        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal($"bytes 100-199/{(5 << 20) + 3}", part.Content.Headers.ContentRange?.ToString());
        Assert.Equal(expected, await part.Content.ReadAsByteArrayAsync());
        using (var middle = new HttpRequestMessage(HttpMethod.Put, url) { Content = new ByteArrayContent([7, 7]) })
        {
            middle.Content.Headers.ContentRange = new ContentRangeHeaderValue(10, 11);
            using var changed = await healthy.Http.SendAsync(middle);
            Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        }
        var all = await healthy.Http.GetByteArrayAsync(url);
        Assert.Equal([7, 7], all[10..12]);
        Assert.Equal([1, 2, 3], all[^3..]);
        using var gone = await healthy.Http.DeleteAsync(url);
        using var missing = await healthy.Http.GetAsync(url + "?entry=true");
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (gone.StatusCode, missing.StatusCode));
    }

    [Fact]
    public async Task A_file_is_asked_for_and_made_on_conditions()
    {
        var url = $"http://{_cluster.Nodes.EndpointOf("node-2")}/v1/files/fs/conditions";
        using var made = await SendAsync(HttpMethod.Put, url, "If-None-Match", "*", "first");
        var tag = made.Headers.ETag!.ToString();
        using var again = await SendAsync(HttpMethod.Put, url, "If-None-Match", "*", "second");
        using var unheeded = await SendAsync(HttpMethod.Put, url, "If-Unmodified-Since", "Mon, 30 Nov 2026 00:00:00 GMT", "third");
        using var odd = await SendAsync(HttpMethod.Put, url, "If-None-Match", tag, "fourth");
        Assert.Equal([200, 412, 400, 400], new[] { made, again, unheeded, odd }.Select(r => (int)r.StatusCode));
        Assert.Equal(412, (await JsonAsync(again)).GetProperty("status").GetInt32());

        using var head = await SendAsync(HttpMethod.Head, url);
        Assert.Equal((200, 5, tag), ((int)head.StatusCode, head.Content.Headers.ContentLength, head.Headers.ETag!.ToString()));
        using var known = await SendAsync(HttpMethod.Get, url, "If-None-Match", $"\"x\", {tag}");
        using var same = await SendAsync(HttpMethod.Get, url, "If-Match", tag);
        using var other = await SendAsync(HttpMethod.Get, url, "If-Match", "\"x\"");
        Assert.Equal([304, 200, 412], new[] { known, same, other }.Select(r => (int)r.StatusCode));
        Assert.Equal("first", await same.Content.ReadAsStringAsync());

        using var changed = await SendAsync(HttpMethod.Put, url, "", "", "changed");
        Assert.NotEqual(tag, changed.Headers.ETag!.ToString());
        using var stale = await SendAsync(HttpMethod.Get, url, "If-Range", tag, range: new RangeHeaderValue(0, 1));
        using var fresh = await SendAsync(HttpMethod.Get, url, "If-Range", changed.Headers.ETag!.ToString(), range: new RangeHeaderValue(0, 1));
        Assert.Equal(("changed", "ch"), (await stale.Content.ReadAsStringAsync(), await fresh.Content.ReadAsStringAsync()));

        // What has no versions is not changed on a condition.
        using var volume = await SendAsync(HttpMethod.Post, $"http://{_cluster.Nodes.Endpoint}/v1/volumes", "If-Match", "\"x\"", """{"name":"conditional","size_bytes":1048576}""");
        Assert.Equal(HttpStatusCode.BadRequest, volume.StatusCode);
    }

    [Fact]
    public async Task A_file_is_changed_only_if_it_is_as_its_client_knows_it()
    {
        var url = $"http://{_cluster.Nodes.EndpointOf("node-2")}/v1/files/fs/as-known";
        using var missing = await SendAsync(HttpMethod.Put, url, "If-Match", "*", "none");
        using var made = await SendAsync(HttpMethod.Put, url, body: "first");
        var first = made.Headers.ETag!.ToString();
        using var changed = await SendAsync(HttpMethod.Put, url, "If-Match", $"\"x\", {first}", "second");
        var second = changed.Headers.ETag!.ToString();
        using var stale = await SendAsync(HttpMethod.Put, url, "If-Match", first, "third");
        using var weak = await SendAsync(HttpMethod.Put, url, "If-Match", "W/" + second, "third");
        using var strange = await SendAsync(HttpMethod.Put, url, "If-Match", "\"x\"", "third");
        using var any = await SendAsync(HttpMethod.Put, url, "If-Match", "*", "third!");
        using var part = await SendAsync(HttpMethod.Put, url + "?append=true", "If-Match", "*", "more");
        Assert.Equal([412, 200, 200, 412, 412, 412, 200, 400], new[] { missing, made, changed, stale, weak, strange, any, part }.Select(r => (int)r.StatusCode));
        Assert.Equal("urn:mooring:error:precondition-failed", (await JsonAsync(stale)).GetProperty("type").GetString());
        Assert.Equal("third!", await healthy.Http.GetStringAsync(url));

        using var staleMove = await SendAsync(HttpMethod.Post, url + "?op=rename&to=/as-known-2", "If-Match", second);
        using var staleRemoval = await SendAsync(HttpMethod.Delete, url, "If-Match", second);
        using var directory = await SendAsync(HttpMethod.Post, $"{url}-d?op=mkdir", "If-Match", "*");
        var third = any.Headers.ETag!.ToString();
        using var moved = await SendAsync(HttpMethod.Post, url + "?op=rename&to=/as-known-2", "If-Match", third);
        using var removed = await SendAsync(HttpMethod.Delete, url + "-2", "If-Match", third);
        Assert.Equal([412, 412, 400, 200, 204], new[] { staleMove, staleRemoval, directory, moved, removed }.Select(r => (int)r.StatusCode));
    }

    [Fact]
    public async Task Of_many_that_replace_one_version_exactly_one_succeeds()
    {
        var url = $"http://{_cluster.Nodes.EndpointOf("node-2")}/v1/files/fs/contended";
        using var made = await SendAsync(HttpMethod.Put, url, body: "0");
        var tag = made.Headers.ETag!.ToString();
        for (var round = 1; round <= 5; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => SendAsync(
                HttpMethod.Put, $"http://{_cluster.Nodes.EndpointOf($"node-{(i % 3) + 1}")}/v1/files/fs/contended", "If-Match", tag, $"{round} {i}")));
            var winner = Assert.Single(answers, r => r.IsSuccessStatusCode);
            Assert.All(answers, r => Assert.True(r == winner || r.StatusCode == HttpStatusCode.PreconditionFailed));
            tag = winner.Headers.ETag!.ToString();
            Assert.Equal($"{round} {Array.IndexOf(answers, winner)}", await healthy.Http.GetStringAsync(url));
            foreach (var answer in answers)
                answer.Dispose();
        }
    }

    [Fact]
    public async Task A_file_that_is_changed_while_it_is_read_is_not_mixed_with_what_it_was()
    {
        const int size = 48 << 20, part = 1 << 20;
        var url = $"http://{_cluster.Nodes.EndpointOf("node-1")}/v1/files/fs/mixed";
        using var made = await SendAsync(HttpMethod.Put, url, body: new string('a', size));
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        using var response = await healthy.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var read = await response.Content.ReadAsStreamAsync();
        var bytes = new byte[part];
        await read.ReadExactlyAsync(bytes);
        // Its end, of which nothing has been asked for yet.
        using (var change = new HttpRequestMessage(HttpMethod.Put, url) { Content = new ByteArrayContent(Encoding.ASCII.GetBytes(new string('b', part))) })
        {
            change.Content.Headers.ContentRange = new ContentRangeHeaderValue(size - part, size - 1);
            using var changed = await healthy.Http.SendAsync(change);
            Assert.True(changed.IsSuccessStatusCode);
        }

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (await read.ReadAsync(bytes) is > 0 and var count)
                Assert.DoesNotContain((byte)'b', bytes[..count]);
            throw new InvalidOperationException("it came to its end");
        }).ContinueWith(failed => Assert.True(failed.Result is HttpRequestException or IOException, failed.Result.ToString()), TaskScheduler.Default);
    }

    [Fact]
    public async Task Every_change_with_a_key_is_made_once_whatever_has_become_of_the_file_since()
    {
        string Url(string node, string rest) => $"http://{_cluster.Nodes.EndpointOf(node)}/v1/files/fs/{rest}";
        async Task<int> KeyedAsync(HttpMethod method, string rest, string key, string? body = null, string? tag = null)
        {
            var statuses = new List<int>();
            foreach (var node in (string[])["node-1", "node-2"])
            {
                using var request = new HttpRequestMessage(method, Url(node, rest)) { Content = body is null ? null : new StringContent(body) };
                request.Headers.Add("Idempotency-Key", key);
                if (tag is not null)
                    request.Headers.Add("If-Match", tag);
                using var response = await healthy.Http.SendAsync(request);
                statuses.Add((int)response.StatusCode);
            }
            Assert.Equal(statuses[0], statuses[1]);
            return statuses[0];
        }
        using var made = await SendAsync(HttpMethod.Put, Url("node-1", "once"), body: "first");
        Assert.Equal(200, await KeyedAsync(HttpMethod.Put, "once", "replace", "second", made.Headers.ETag!.ToString()));
        Assert.Equal(200, await KeyedAsync(HttpMethod.Post, "once?op=rename&to=/once-2", "move"));
        Assert.Equal(204, await KeyedAsync(HttpMethod.Delete, "once-2", "remove"));
        Assert.Equal(200, await KeyedAsync(HttpMethod.Post, "once?op=rename&to=/once-2", "move"));
        Assert.Equal(200, await KeyedAsync(HttpMethod.Post, "once-d?op=mkdir", "make"));

        using var other = await SendAsync(HttpMethod.Put, Url("node-3", "once"), "Idempotency-Key", "body", "one");
        using var another = await SendAsync(HttpMethod.Put, Url("node-3", "once"), "Idempotency-Key", "body", "another");
        using var shorter = await SendAsync(HttpMethod.Put, Url("node-3", "once"), "Idempotency-Key", "body", "o");
        Assert.Equal([200, 422, 422], new[] { other, another, shorter }.Select(r => (int)r.StatusCode));
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string url, string header = "", string value = "", string? body = null, RangeHeaderValue? range = null)
    {
        using var request = new HttpRequestMessage(method, url) { Content = body is null ? null : new StringContent(body), Headers = { Range = range } };
        if (header.Length > 0)
            Assert.True(request.Headers.TryAddWithoutValidation(header, value));
        return await healthy.Http.SendAsync(request);
    }

    [Fact]
    public async Task An_append_is_there_whole_or_not_at_all_and_once()
    {
        var node = _cluster.Nodes.EndpointOf("node-1");
        var url = $"http://{node}/v1/files/fs/appended";
        using (await SendAsync(HttpMethod.Put, url, body: "begin "))
        {
        }
        // Its upload breaks off in the middle.
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPEndPoint.Parse(node));
            var head = Encoding.ASCII.GetBytes($"PUT /v1/files/fs/appended?append=true HTTP/1.1\r\nHost: {node}\r\nContent-Length: {20 << 20}\r\n\r\n");
            await client.GetStream().WriteAsync(head);
            await client.GetStream().WriteAsync(new byte[12 << 20]);
        }
        foreach (var _ in Enumerable.Range(0, 2))
        {
            using var same = await SendAsync(HttpMethod.Put, url + "?append=true", "Idempotency-Key", "once", "middle ");
            Assert.Equal(13, (await JsonAsync(same)).GetProperty("size_bytes").GetInt64());
        }
        // Sent again through another node, and longer than what is gathered at once.
        var large = new string('x', 9 << 20);
        foreach (var each in (string[])["node-2", "node-3"])
        {
            using var same = await SendAsync(HttpMethod.Put, $"http://{_cluster.Nodes.EndpointOf(each)}/v1/files/fs/appended?append=true", "Idempotency-Key", "large", large);
            Assert.Equal(13 + large.Length, (await JsonAsync(same)).GetProperty("size_bytes").GetInt64());
        }
        Assert.Equal("begin middle " + large, await healthy.Http.GetStringAsync(url));
    }

    [Fact]
    public async Task A_file_that_is_put_with_a_key_is_put_once()
    {
        string Url(string node) => $"http://{_cluster.Nodes.EndpointOf(node)}/v1/files/fs/keyed";
        // Its first sending breaks off.
        using (var client = new TcpClient())
        {
            var node = _cluster.Nodes.EndpointOf("node-1");
            await client.ConnectAsync(IPEndPoint.Parse(node));
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"PUT /v1/files/fs/keyed HTTP/1.1\r\nHost: {node}\r\nIdempotency-Key: put\r\nContent-Length: {20 << 20}\r\n\r\n"));
            await client.GetStream().WriteAsync(new byte[9 << 20]);
        }
        async Task<JsonElement> PutAsync(string node)
        {
            JsonElement? answer = null;
            // While the broken one is still being ended, the answer is that another runs.
            await TestCluster.UntilAsync("it is answered", async () =>
            {
                using var response = await SendAsync(HttpMethod.Put, Url(node), "Idempotency-Key", "put", "first");
                answer = response.IsSuccessStatusCode ? await JsonAsync(response) : null;
                return answer is not null;
            });
            return answer!.Value;
        }
        var first = await PutAsync("node-2");
        using (await SendAsync(HttpMethod.Put, Url("node-1"), body: "later"))
        {
        }
        var again = await PutAsync("node-3");

        Assert.Equal(first.GetProperty("modified_at").GetString(), again.GetProperty("modified_at").GetString());
        Assert.Equal("later", await healthy.Http.GetStringAsync(Url("node-1")));
    }

    [Fact]
    public async Task Appends_of_many_clients_are_put_in_an_order_and_all_succeed()
    {
        await _cluster.Client.OpenFileSystem("fs").Files.PutAsync("/ordered", ReadOnlyMemory<byte>.Empty);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async client =>
        {
            for (var i = 0; i < 50; i++)
            {
                using var answer = await SendAsync(
                    HttpMethod.Put, $"http://{_cluster.Nodes.EndpointOf($"node-{(client % 3) + 1}")}/v1/files/fs/ordered?append=true", body: $"{client} {i} {new string('y', 20 * i)}\n");
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }
        }));

        var lines = (await healthy.Http.GetStringAsync($"http://{_cluster.Nodes.EndpointOf("node-1")}/v1/files/fs/ordered")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var all = Enumerable.Range(0, 8).SelectMany(client => Enumerable.Range(0, 50).Select(i => (client, i))).ToList();
        Assert.Equal(all.Select(a => $"{a.client} {a.i} {new string('y', 20 * a.i)}".TrimEnd()).Order(StringComparer.Ordinal), lines.Select(l => l.TrimEnd()).Order(StringComparer.Ordinal));
        // Each client's own in its order.
        Assert.All(Enumerable.Range(0, 8), client => Assert.Equal(Enumerable.Range(0, 50), lines.Where(l => l.StartsWith($"{client} ", StringComparison.Ordinal)).Select(l => int.Parse(l.Split(' ')[1]))));
    }

    public static TheoryData<string, string, string?, int> BadRequests => new()
    {
        { "POST", "/v1/filesystems", """{"name":"x","size_bytes":1}""", 400 },
        { "POST", "/v1/filesystems", """{"name":"x/y","size_bytes":1073741824}""", 400 },
        { "POST", "/v1/filesystems", """{"name":"x","size_bytes":1073741824,"readers":3}""", 503 },
        { "POST", "/v1/filesystems", """{"name":"x","size_bytes":1073741824,"areas":0}""", 400 },
        { "POST", "/v1/filesystems", """{"name":"x","pool":"nowhere","size_bytes":1073741824}""", 404 },
        { "POST", "/v1/filesystems", """{"name":"fs","size_bytes":1073741824}""", 409 },
        { "POST", "/v1/filesystems", """{"name":"x"}""", 400 },
        { "POST", "/v1/filesystems", "{", 400 },
        { "POST", "/v1/filesystems", "null", 400 },
        { "GET", "/v1/filesystems/missing", null, 404 },
        { "DELETE", "/v1/filesystems/missing", null, 404 },
        { "POST", "/v1/filesystems/missing/grants", "{}", 404 },
        { "POST", "/v1/filesystems/fs/grants", "{", 400 },
        { "POST", "/v1/filesystems/fs/grants", """{"path":"/a/../b"}""", 400 },
        { "GET", "/v1/files/missing/x", null, 404 },
        { "GET", "/v1/files/fs/missing", null, 404 },
        { "PUT", "/v1/files/fs/missing/x", "bytes", 404 },
        { "PUT", "/v1/files/fs/.mooring.x", "bytes", 400 },
        { "PUT", "/v1/files/fs/", "bytes", 400 },
        { "PUT", "/v1/files/fs/x?append=True", "bytes", 400 },
        { "PUT", "/v1/files/fs/x?append=yes", "bytes", 400 },
        { "PUT", "/v1/files/fs/x?append=1", "bytes", 400 },
        { "PUT", "/v1/files/fs/x?append", "bytes", 400 },
        { "PUT", "/v1/files/fs/x?apend=true", "bytes", 400 },
        { "PUT", "/v1/files/fs/x?append=true&append=false", "bytes", 400 },
        { "PUT", "/v1/files/fs/%FF", "bytes", 400 },
        { "PUT", "/v1/files/fs/a%2Fb", "bytes", 400 },
        { "GET", "/v1/files/fs/?limit=0", null, 400 },
        { "GET", "/v1/files/fs/?limit=-1", null, 400 },
        { "GET", "/v1/files/fs/?entry=TRUE", null, 400 },
        { "GET", "/v1/files/fs/x?nodes=node-1", null, 400 },
        { "POST", "/v1/files/fs/x?op=dance", null, 400 },
        { "POST", "/v1/files/fs/x?op=rename&to=%FF", null, 400 },
        { "POST", "/v1/files/fs/x?op=mkdir&to=/y", null, 400 },
        { "DELETE", "/v1/files/fs/x?recursive=yes", null, 400 },
        { "POST", "/v1/filesystems?name=x", "{}", 400 },
        { "DELETE", "/v1/files/fs/missing", null, 404 },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task What_makes_no_sense_is_refused_in_one_line(string method, string path, string? body, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"http://{_cluster.Nodes.EndpointOf("node-1")}{path}")
        {
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
        };
        using var response = await healthy.Http.SendAsync(request);
        var problem = await JsonAsync(response);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.StartsWith("urn:mooring:error:", problem.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem.GetProperty("detail").GetString()!);
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        try
        {
            return JsonDocument.Parse(text).RootElement;
        }
        catch (JsonException)
        {
            throw new InvalidOperationException($"{response.StatusCode}: {text}");
        }
    }
}
