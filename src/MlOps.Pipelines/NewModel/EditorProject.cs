using MlOps.Data;
using MlOps.Pipelines.ModelCode.Packages;

namespace MlOps.Pipelines.NewModel;

/// <summary>The project that editors open to help with models' code, and that names its packages.</summary>
internal static class EditorProject
{
    /// <summary>The library that brings all others that models' code is written against.</summary>
    private const string Library = "MlOps.Learning";

    /// <summary>What stands in <see cref="PackageDeclaration.File"/> of a workspace.</summary>
    /// <param name="root">The workspace: the product's own repository has the libraries as projects, others have their packages.</param>
    public static string Text(string root) => $"""
        <Project>
          <!-- For editors, and the one place where packages of models' code are declared, by exact versions and without conditions:
               <PackageReference Include="MathNet.Numerics" Version="5.0.0" />
               The build of models reads nothing else of it, and compiles each model's folder with models/shared by itself. -->
          <PropertyGroup>
            <!-- Beside git and beside the models. models/packages.lock.json is the build's. -->
            <BaseIntermediateOutputPath>$(MSBuildThisFileDirectory)../.mlops/editors/obj/</BaseIntermediateOutputPath>
            <BaseOutputPath>$(MSBuildThisFileDirectory)../.mlops/editors/bin/</BaseOutputPath>
            <NuGetLockFilePath>$(MSBuildThisFileDirectory)../.mlops/editors/packages.lock.json</NuGetLockFilePath>
          </PropertyGroup>
          <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
          <PropertyGroup>
            <TargetFramework>{PackageRestore.Framework}</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <AllowUnsafeBlocks>true</AllowUnsafeBlocks>
            <EnableDefaultCompileItems>false</EnableDefaultCompileItems>
          </PropertyGroup>
          <ItemGroup>
            <Compile Include="*/**/*.cs" Exclude="**/bin/**;**/obj/**;**/.*/**" />
          </ItemGroup>
        {Libraries(root)}
          <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
        </Project>

        """;

    private static string Libraries(string root) => File.Exists(Path.Join(root, "src", Library, $"{Library}.csproj")) ? $"""
          <ItemGroup>
            <ProjectReference Include="../src/{Library}/{Library}.csproj" />
          </ItemGroup>
        """ : $"""
          <!-- The product's libraries, as ./build.sh Compile in its clone packs them; the build of models takes the host's own instead. -->
          <PropertyGroup>
            <MlOpsHome>$(MLOPS_HOME)</MlOpsHome>
            <MlOpsHome Condition="'$(MlOpsHome)' == '' and Exists('$(MSBuildThisFileDirectory)../.mlops/home')">$([System.IO.File]::ReadAllText('$(MSBuildThisFileDirectory)../.mlops/home').Trim())</MlOpsHome>
            <RestoreAdditionalProjectSources Condition="Exists('$(MlOpsHome)/{PackagesFolder}')">$(MlOpsHome)/{PackagesFolder}</RestoreAdditionalProjectSources>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="{Library}" Version="{typeof(Frame).Assembly.GetName().Version!.ToString(3)}" />
          </ItemGroup>
        """;

    /// <summary>Where the product's repository has its libraries as packages.</summary>
    public const string PackagesFolder = ".artifacts/packages";
}
