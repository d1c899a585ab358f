namespace Mooring.Harness;

/// <summary>Debian's packages, for what is tried or measured together with other programs.</summary>
public static class Package
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(10);

    /// <summary>Whether packages can be installed here.</summary>
    public static bool CanInstall => Environment.IsPrivilegedProcess && Tool.IsThere("apt-get");

    /// <summary>Whether a program is in the path.</summary>
    /// <param name="program">Its name.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsThere(string program) => Tool.IsThere(program);

    /// <summary>Installs the package of a program of the same name when it is missing.</summary>
    /// <param name="program">The program.</param>
    /// <returns>Completes when it is there.</returns>
    /// <exception cref="HarnessException">It cannot be installed.</exception>
    public static Task InstallAsync(string program) => IsThere(program) ? Task.CompletedTask : InstallAsync([program], CancellationToken.None);

    /// <summary>Installs packages.</summary>
    /// <param name="packages">Their names.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when they are there.</returns>
    /// <exception cref="HarnessException">They cannot be installed.</exception>
    public static async Task InstallAsync(string[] packages, CancellationToken cancellationToken)
    {
        string[] install = ["-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends", .. packages];
        try
        {
            await Tool.RunAsync("apt-get", install, _limit, cancellationToken).ConfigureAwait(false);
        }
        catch (HarnessException)
        {
            // The lists may be old or missing.
            await Tool.RunAsync("apt-get", ["-o", "DPkg::Lock::Timeout=300", "update"], _limit, cancellationToken).ConfigureAwait(false);
            await Tool.RunAsync("apt-get", install, _limit, cancellationToken).ConfigureAwait(false);
        }
    }
}
