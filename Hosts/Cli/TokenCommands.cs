using System.CommandLine;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;

namespace Mooring.Cli;

/// <summary><c>mooring token</c>. The first one is made in the block store itself, by whoever may open that.</summary>
internal static class TokenCommands
{
    private const string InStore = "With --data or --ceph-conf in the block store itself, without any node.";

    public static Command Create() => new("token", "Make, list and end the tokens by which clients show who they are.") { Make(), List(), Revoke() };

    private static Command Make()
    {
        var name = new Argument<string>("name") { Description = "Its name: 1 to 64 of a-z, 0-9 and -." };
        var role = new Option<string>("--role") { Description = "Each may what those before it may.", Required = true };
        role.AcceptOnlyFromAmong([.. Enum.GetNames<ClientRole>().Select(name => name.ToLowerInvariant())]);
        var scopes = new Option<string[]>("--scope") { Description = "Where it is valid: POOL, POOL/NAMESPACE or fs:FILESYSTEM; everywhere without.", DefaultValueFactory = _ => [] };
        var expires = new Option<string?>("--expires") { Description = "After what time it ends, such as 30d or 12h; without, when it is revoked." };
        return Either("create", "Make a token and print it: nobody can see it again.", [name], [role, scopes, expires],
            async (client, parsed, output) => Print(output, await client.CreateTokenAsync(new TokenBody(
                parsed.GetValue(name), parsed.GetValue(role), parsed.GetValue(scopes), Seconds(parsed.GetValue(expires))))),
            async (store, parsed, output) =>
            {
                var now = DateTimeOffset.UtcNow;
                var (kept, text) = ClientToken.Make(
                    parsed.GetValue(name)!, Enum.Parse<ClientRole>(parsed.GetValue(role)!, ignoreCase: true), parsed.GetValue(scopes)!, now, Seconds(parsed.GetValue(expires)) is { } seconds ? now.AddSeconds(seconds) : null);
                if (!await ClientTokens.AddAsync(store, kept, CancellationToken.None))
                    throw new MooringException(new OperationError(ErrorKind.AlreadyExists, $"there is a token '{kept.Name}'", 17));
                Print(output, ShapeOf(kept) with { Token = text });
            });

        static void Print(Output output, TokenShape made) => output.Value(made, HttpJson.Default.TokenShape, token => Console.WriteLine(token.Token));
    }

    private static Command List() => Either("list", "List the tokens, without their secrets.", [], [],
        async (client, _, output) => Print(output, await client.ListTokensAsync()),
        async (store, _, output) => Print(output, [.. (await ClientTokens.ListAsync(store, CancellationToken.None)).Select(ShapeOf)]));

    private static Command Revoke()
    {
        var name = new Argument<string>("name") { Description = "Its name." };
        return Either("revoke", "End a token, at every node within some seconds.", [name], [],
            async (client, parsed, output) => Print(output, [await client.RevokeTokenAsync(parsed.GetValue(name)!)]),
            async (store, parsed, output) => Print(output, [ShapeOf(await ClientTokens.RevokeAsync(store, parsed.GetValue(name)!, CancellationToken.None)
                ?? throw new MooringException(new OperationError(ErrorKind.NotFound, $"there is no token '{parsed.GetValue(name)}'", 2)))]));
    }

    private static Command Either(
        string verb, string description, Argument[] arguments, Option[] options,
        Func<MooringClient, ParseResult, Output, Task> asked, Func<Storage.IBlockStore, ParseResult, Output, Task> inStore)
    {
        var where = new StoreOptions();
        return Commands.Alone(verb, $"{description} {InStore}", arguments, [.. options, .. where.All], (parsed, output) => where.AreGiven(parsed)
            ? where.UseAsync(parsed, "tokens", async store =>
            {
                await inStore(store, parsed, output);
                return ExitStatus.Done;
            })
            : Commands.ConnectedAsync(parsed, async client =>
            {
                await asked(client, parsed, output);
                return ExitStatus.Done;
            }));
    }

    private static void Print(Output output, IReadOnlyList<TokenShape> tokens) => output.Value(new TokenPage(tokens, null), HttpJson.Default.TokenPage, page => Output.Table(
        ["name", "role", "scopes", "created", "expires"],
        page.Items.Select(t => (IReadOnlyList<string>)[t.Name, t.Role, t.Scopes.Count == 0 ? "everywhere" : string.Join(", ", t.Scopes), Output.Time(t.CreatedAt), Output.Time(t.ExpiresAt)])));

    private static TokenShape ShapeOf(ClientToken token) => new(token.Name, token.Role.ToString().ToLowerInvariant(), token.Scopes, token.CreatedAt, token.ExpiresAt);

    private static long? Seconds(string? text) => text is null ? null
        : TimeText.TryParse(text, out var seconds) ? seconds
        : throw new UsageException($"time '{text}' is not a time such as 30d or 12h");
}
